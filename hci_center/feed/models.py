"""Models of outgoing webhooks: their receivers and cursors."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hci_center.encryption import EncryptedTextField
from managers.models import ApiKey


class Hook(models.Model):
    """An outgoing webhook: receives the events that its API key may see, by POST.

    `cursor` and `epoch` are those of the feed: everything before them has been
    received.
    """

    class State(models.TextChoices):
        ON = "on", _("on")
        OFF = "off", _("off")

    key = models.OneToOneField(
        ApiKey, on_delete=models.CASCADE, related_name="+", verbose_name=_("API key")
    )
    url = models.CharField(_("address"), max_length=2000)
    # In the format of Standard Webhooks: "whsec_" and Base64. Until it expires, the old
    # one signs too, so that a receiver can switch to the new one at any time.
    secret = EncryptedTextField(_("secret"))
    old_secret = EncryptedTextField(blank=True, default="")
    old_secret_until = models.DateTimeField(
        _("old secret valid until"), null=True, blank=True
    )
    # Empty: the kinds that every client of the feed gets.
    kinds = models.JSONField(_("kinds"), default=list, blank=True)
    cursor = models.BigIntegerField(_("cursor"))
    epoch = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=3, choices=State, default=State.ON)
    # Failed attempts since the last success, the first and the latest of them.
    failures = models.PositiveIntegerField(_("failures"), default=0)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=64, blank=True, default="")
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    sent_at = models.DateTimeField(_("last success"), null=True, blank=True)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    # Set when it was switched off after failures, until a person switches it on.
    alarmed_at = models.DateTimeField(null=True, blank=True)
    # One process at a time sends to it; a later lease has a higher fencing number.
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("outgoing webhook")
        verbose_name_plural = _("outgoing webhooks")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["on", "off"]), name="hook_is_on_or_off"
            ),
            models.CheckConstraint(
                condition=~Q(url="") & ~Q(secret=""), name="hook_has_url_and_secret"
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)
