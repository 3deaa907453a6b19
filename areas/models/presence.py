"""Presence of operators: live connections, what they have set, and its history."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from areas.models.organization import Operator
from managers.models import Manager


class Presence(models.Model):
    """An operator's connection to a feed process; expires at `online_until`.

    An unlogged table: a crash of the database empties it, and nothing is lost.
    """

    operator = models.ForeignKey(
        Operator, on_delete=models.CASCADE, related_name="presences"
    )
    process = models.CharField(max_length=32)
    online_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "process"], name="presence_once_a_process"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator_id} until {self.online_until}"


class PauseReason(models.Model):
    """A reason that operators give for a pause, with its expected length."""

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="pause_reasons",
        verbose_name=_("manager"),
        db_index=False,
    )
    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=60)
    # 0: no expected duration. An overrun is only shown.
    minutes = models.PositiveSmallIntegerField(_("expected minutes"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("pause reason")
        verbose_name_plural = _("pause reasons")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "code"], name="pause_reason_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Availability(models.Model):
    """What an operator has set: online, paused with a reason, or offline.

    No row means online. It outlives reconnections; a sign-in resets it to online.
    """

    class State(models.TextChoices):
        ONLINE = "online", _("Online")
        PAUSED = "paused", _("Paused")
        OFFLINE = "offline", _("Offline")

    operator = models.OneToOneField(
        Operator,
        on_delete=models.CASCADE,
        related_name="availability",
        primary_key=True,
    )
    state = models.CharField(_("state"), max_length=7, choices=State)
    # The code of a PauseReason; "" if none was given.
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="")
    since = models.DateTimeField(_("since"), db_default=Now())

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availabilities")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["online", "paused", "offline"]),
                name="availability_is_known",
            ),
            models.CheckConstraint(
                condition=Q(reason="") | Q(state="paused"),
                name="only_pauses_have_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.state}"


class PresenceSpan(models.Model):
    """A span of time in which an operator was online or paused.

    `seen_at` is the latest heartbeat: after a crash the span ends there. At most one
    span of an operator is open.
    """

    operator = models.ForeignKey(
        Operator,
        on_delete=models.CASCADE,
        related_name="presence_spans",
        db_index=False,
    )
    state = models.CharField(max_length=7, choices=Availability.State)
    reason = models.CharField(max_length=32, blank=True, default="")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("presence span")
        verbose_name_plural = _("presence spans")
        constraints = [
            models.UniqueConstraint(
                fields=["operator"],
                condition=Q(ended_at__isnull=True),
                name="one_open_span_an_operator",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="presence_span_has_a_length",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["online", "paused"]),
                name="presence_span_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "started_at"], name="spans_of_operator"),
            # For reports: the spans of the last days.
            models.Index(fields=["ended_at"], name="spans_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.state} {self.started_at:%Y-%m-%d %H:%M}"
