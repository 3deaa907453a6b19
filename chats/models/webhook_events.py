"""The queue of webhook events."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class InboundEvent(models.Model):
    """An event of a webhook body as received, stored before it is processed.

    The events of one partition (`lane`) are processed in order; one that cannot be
    processed is parked and does not block the next.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        PARKED = "parked", _("Parked")

    class Source(models.TextChoices):
        FACEBOOK = "facebook", "Messenger"
        WHATSAPP = "whatsapp", "WhatsApp Cloud API"
        EVOLUTION = "evolution", "Evolution API"
        WPPCONNECT = "wppconnect", "WPPConnect"

    source = models.CharField(_("gateway"), max_length=10, choices=Source)
    # The gateway's id of the account; for unsigned gateways, the manager's id.
    lane = models.CharField(_("account"), max_length=80, blank=True, default="")
    # JSON without secrets.
    payload = models.TextField(_("content"))
    # Of the received bytes: senders repeat events for days.
    digest = models.CharField(  # noqa: DJ001 - unique, and some have none
        max_length=80, null=True, blank=True
    )
    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.WAITING
    )
    note = models.CharField(_("note"), max_length=500, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(_("arrived at"), default=timezone.now)

    class Meta:
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "digest"],
                condition=Q(digest__isnull=False),
                name="one_event_a_digest",
            )
        ]
        indexes = [
            # Waiting events by partition.
            models.Index(
                fields=["source", "lane", "id"],
                condition=Q(state="waiting"),
                name="events_waiting",
            ),
            # For the admin's list of parked events and the removal of old ones.
            models.Index(fields=["state", "arrived_at"], name="events_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.pk}"
