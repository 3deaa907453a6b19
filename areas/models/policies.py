"""Policies: the settings of the rules, of a manager and of its areas."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from areas.models.organization import Area, Operator
from managers.models import Manager

# A year, the longest duration of a policy, in seconds.
YEAR = 31_536_000
# The highest limit of the open chats of an operator.
MOST_CHATS = 1000


class Assignment(models.TextChoices):
    OFF = "off", _("Nobody: operators claim")
    FEWEST = "fewest", _("Fewest open chats")
    ROTATION = "rotation", _("In turn")


class Policy(models.Model):
    """The settings of a manager (`area` None) or of one of its areas.

    NULL inherits: from the area to the manager to the default of
    `areas.rules.policies`. Durations are whole seconds, and 0 is never or no limit.
    """

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="policies",
        verbose_name=_("manager"),
        db_index=False,
    )
    # A composite foreign key ties it to the manager.
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="policies",
        verbose_name=_("area"),
        db_constraint=False,
    )
    # "always", or spans by weekday: {"mon": ["08:00-12:00"], …}; {} is always closed.
    hours = models.JSONField(_("opening hours"), null=True, blank=True)
    holidays = models.BooleanField(_("closed on holidays"), null=True, blank=True)
    away_text = models.TextField(_("text when closed"), null=True, blank=True)  # noqa: DJ001
    away_area = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("area when closed"),
        db_constraint=False,
    )
    # True: explicitly none, instead of the manager's.
    no_away_area = models.BooleanField(_("no area when closed"), default=False)
    # Only for managers.
    entry_area = models.ForeignKey(
        Area,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("area of new customers"),
        db_constraint=False,
    )
    assign = models.CharField(  # noqa: DJ001 - NULL inherits
        _("assignment"), max_length=8, choices=Assignment, null=True, blank=True
    )
    cap = models.PositiveSmallIntegerField(
        _("most chats at once"), null=True, blank=True
    )
    last_operator = models.PositiveIntegerField(
        _("back to the last operator within"), null=True, blank=True
    )
    release_offline = models.PositiveIntegerField(
        _("release when offline for"), null=True, blank=True
    )
    sla_queue = models.PositiveIntegerField(_("target: queue"), null=True, blank=True)
    sla_first = models.PositiveIntegerField(
        _("target: first answer"), null=True, blank=True
    )
    sla_reply = models.PositiveIntegerField(_("target: answer"), null=True, blank=True)
    sla_resolution = models.PositiveIntegerField(
        _("target: resolution"), null=True, blank=True
    )
    closing_text = models.TextField(_("closing text"), null=True, blank=True)  # noqa: DJ001
    closing_reason_required = models.BooleanField(
        _("closing needs a reason"), null=True, blank=True
    )
    transfer_reason_required = models.BooleanField(
        _("transfer needs a reason"), null=True, blank=True
    )
    idle_warn = models.PositiveIntegerField(
        _("warn an idle customer after"), null=True, blank=True
    )
    idle_warn_text = models.TextField(_("warning text"), null=True, blank=True)  # noqa: DJ001
    idle_close = models.PositiveIntegerField(
        _("close an idle chat after"), null=True, blank=True
    )
    idle_text = models.TextField(_("idle closing text"), null=True, blank=True)  # noqa: DJ001
    reopen = models.PositiveIntegerField(_("reopen within"), null=True, blank=True)
    survey = models.BooleanField(_("survey"), null=True, blank=True)
    survey_text = models.TextField(_("survey question"), null=True, blank=True)  # noqa: DJ001
    survey_days = models.PositiveSmallIntegerField(
        _("days between surveys"), null=True, blank=True
    )
    comment_up_to = models.PositiveSmallIntegerField(
        _("ask for a comment up to mark"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "area"],
                nulls_distinct=False,
                name="one_policy_each",
            ),
            models.CheckConstraint(
                condition=Q(assign__isnull=True) | Q(assign__in=Assignment.values),
                name="policy_assignment_is_known",
            ),
            models.CheckConstraint(
                condition=Q(cap__isnull=True) | Q(cap__lte=MOST_CHATS),
                name="policy_cap_is_at_most_1000",
            ),
            models.CheckConstraint(
                condition=Q(reopen__isnull=True) | Q(reopen__lte=604_800),
                name="policy_reopens_within_7_days",
            ),
            models.CheckConstraint(
                condition=Q(comment_up_to__isnull=True) | Q(comment_up_to__lte=5),
                name="policy_mark_is_at_most_5",
            ),
            models.CheckConstraint(
                condition=Q(entry_area__isnull=True) | Q(area__isnull=True),
                name="entry_area_is_the_managers",
            ),
        ]

    def __str__(self) -> str:
        return str(self.area or self.manager)


class LastAssignment(models.Model):
    """When an operator was last assigned a contact of an area automatically."""

    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="last_assignments"
    )
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "area"], name="one_last_assignment_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} @ {self.area_id}"


class ClosingReason(models.Model):
    """A reason for closing a chat, of a manager or one of its areas."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="closing_reasons",
        verbose_name=_("manager"),
        db_index=False,
    )
    area = models.ForeignKey(
        Area,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="closing_reasons",
        verbose_name=_("area"),
        db_constraint=False,
    )
    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("closing reason")
        verbose_name_plural = _("closing reasons")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "code"], name="closing_reason_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class TransferReason(models.Model):
    """A reason for transferring a contact to another operator or area."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="transfer_reasons",
        verbose_name=_("manager"),
        db_index=False,
    )
    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("transfer reason")
        verbose_name_plural = _("transfer reasons")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "code"], name="transfer_reason_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Menu(models.Model):
    """A version of a manager's menu; the newest is in force. Append-only.

    An empty body (NULL) means that there is no menu from then on.
    """

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="menus",
        verbose_name=_("manager"),
        db_index=False,
    )
    version = models.PositiveIntegerField(_("version"))
    body = models.JSONField(_("menu"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)
    made_by = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("menu")
        verbose_name_plural = _("menus")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "version"], name="menu_version_is_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.manager_id} v{self.version}"
