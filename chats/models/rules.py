"""State of the rules: tasks, menu, assignments, clocks and surveys."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from areas.models import Area, Menu, Operator
from chats.models.conversations import Chat, Message
from chats.models.events import ChatEvent
from contacts.models import Contact
from managers.models import Manager


class Task(models.Model):
    """A scheduled task of the worker, at most one of each kind per subject.

    The transaction that changes the state upserts it: that sets `run_at` and raises
    `version`. The worker leases it, acts in one transaction and deletes the row of the
    version that it read.
    """

    class Kind(models.TextChoices):
        INBOUND = "inbound"
        MENU = "menu"
        IDLE = "idle"
        ASSIGN = "assign"
        OFFLINE = "offline"
        SCHEDULED = "scheduled"
        CLOCK = "clock"

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind)
    # `assign` has an area, `offline` an operator, all others a contact.
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    area = models.ForeignKey(
        Area, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    run_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1, db_default=1)
    lease_until = models.DateTimeField(null=True, blank=True)
    # The number of consecutive failures; the next run is postponed.
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "contact", "area", "operator"],
                nulls_distinct=False,
                name="one_task_each",
            )
        ]
        # Two, because clocks have a lower priority.
        indexes = [
            models.Index(
                fields=["run_at"], condition=~Q(kind="clock"), name="tasks_due"
            ),
            models.Index(
                fields=["run_at"], condition=Q(kind="clock"), name="clock_tasks_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.contact_id or self.area_id or self.operator_id}"


class MenuState(models.Model):
    """The state of a chat in its manager's menu. No row: not in the menu."""

    chat = models.OneToOneField(
        Chat, on_delete=models.CASCADE, related_name="menu_state", primary_key=True
    )
    # The version that was in force when the chat entered it.
    menu = models.ForeignKey(Menu, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=32)
    # The previous steps, at most 10.
    path = models.JSONField(default=list)
    # The number of consecutive wrong answers.
    tries = models.PositiveSmallIntegerField(default=0)
    asked_message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    reminded = models.BooleanField(default=False)
    # The `sa` that it wrote to the contact; another value means that an external bot
    # took over.
    sa = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.chat_id}: {self.step}"


class AssignmentRecord(models.Model):
    """The explanation of an automatic assignment: all candidates at that time.

    Append-only, written with its ledger line.
    """

    event = models.OneToOneField(
        ChatEvent, on_delete=models.CASCADE, related_name="assignment", primary_key=True
    )
    rule = models.CharField(max_length=8)
    trigger = models.CharField(max_length=16)
    # [{"operatorId", "load", "cap", "givenAt", "passed"}]
    candidates = models.JSONField()

    class Meta:
        db_table = "chats_assignment"
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.event_id}: {self.rule}"


class Clock(models.Model):
    """A service level clock of a chat, with the target and hours when it started."""

    class Kind(models.TextChoices):
        QUEUE = "queue", _("Queue")
        FIRST = "first", _("First answer")
        REPLY = "reply", _("Answer")
        RESOLUTION = "resolution", _("Resolution")

    chat = models.ForeignKey(
        Chat, on_delete=models.CASCADE, related_name="clocks", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    schedule_id = models.BigIntegerField(null=True, blank=True)
    # In seconds of the business clock.
    target = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    # At 80 % and at 100 % of the target; NULL if the hours never get there.
    risk_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)
    # Ended without being met, for example by closing.
    void_at = models.DateTimeField(null=True, blank=True)
    # 0: not notified, 1: at risk, 2: overdue.
    notified = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(
                fields=["chat", "kind"],
                condition=Q(met_at__isnull=True, void_at__isnull=True),
                name="one_running_clock_each",
            ),
            models.CheckConstraint(
                condition=Q(notified__lte=2), name="clock_notifies_twice_at_most"
            ),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True) | Q(void_at__isnull=True),
                name="clock_ends_once",
            ),
        ]
        indexes = [
            models.Index(fields=["chat", "id"], name="clocks_of_chat"),
            models.Index(
                fields=["risk_at"],
                condition=Q(met_at__isnull=True, void_at__isnull=True, notified=0),
                name="clocks_at_risk",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(met_at__isnull=True, void_at__isnull=True, notified__lt=2),
                name="clocks_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id} {self.kind}"


class Survey(models.Model):
    """The survey question after a chat, and its answer."""

    class State(models.TextChoices):
        ASKED = "asked", _("Asked")
        RATED = "rated", _("Rated")
        IGNORED = "ignored", _("Ignored")
        EXPIRED = "expired", _("Expired")
        VOID = "void", _("Void")
        LOST = "lost", _("Not sent")

    chat = models.OneToOneField(Chat, on_delete=models.CASCADE, related_name="survey")
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="surveys", db_index=False
    )
    operator = models.ForeignKey(
        Operator, on_delete=models.PROTECT, null=True, related_name="+"
    )
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, related_name="+"
    )
    state = models.CharField(_("state"), max_length=7, choices=State)
    asked_at = models.DateTimeField(_("asked at"))
    rating = models.PositiveSmallIntegerField(_("mark"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True, default="")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    # Until when the next text is the comment; NULL if none was requested.
    comment_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5),
                name="survey_mark_is_1_to_5",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="rated", rating__isnull=False, answered_at__isnull=False
                )
                | ~Q(state="rated") & Q(rating__isnull=True),
                name="rated_surveys_have_a_mark",
            ),
            # At most one survey per contact is waiting for an answer.
            models.UniqueConstraint(
                fields=["contact"], condition=Q(state="asked"), name="one_asked_survey"
            ),
        ]
        indexes = [
            models.Index(F("contact"), F("asked_at").desc(), name="surveys_of_contact"),
            # POST chat/survey/get: the newest first.
            models.Index(fields=["asked_at", "id"], name="surveys_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}: {self.state}"
