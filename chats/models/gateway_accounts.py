"""Models of a manager's gateway accounts, their notices and message templates."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models import Channel
from hci_center.encryption import EncryptedTextField
from managers.models import Manager


class GatewayAccount(models.Model):
    """The gateway session and pauses of one of a manager's two accounts.

    Nothing is sent through a paused account; `pause_reason` says why, and is copied to
    each message that waits.
    """

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")
        OPEN = "open", _("Open")
        CONNECTING = "connecting", _("Connecting")
        QR = "qr", _("Waiting to be scanned")
        CLOSED = "closed", _("Disconnected")

    manager = models.ForeignKey(
        Manager,
        on_delete=models.CASCADE,
        related_name="gateway_accounts",
        verbose_name=_("manager"),
        db_index=False,
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.UNKNOWN
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    # The code that a phone scans to open the session. It gives access to the account.
    qr = EncryptedTextField(_("QR code"), blank=True, default="")
    # Whether the gateway answers a repeat with the same id with the first result.
    idempotent = models.BooleanField(default=False)
    # In bytes, as last reported by the gateway, or None.
    largest_file = models.PositiveIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    next_check_at = models.DateTimeField(default=timezone.now)
    # When the QR code was requested; None once the request was made to the gateway.
    qr_asked_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    pause_code = models.CharField(max_length=32, blank=True, default="")
    pause_reason = models.CharField(
        _("why it is paused"), max_length=500, blank=True, default=""
    )
    # Consecutive pauses without an accepted message in between.
    pauses = models.PositiveIntegerField(default=0)
    # Since when the account has an alert.
    alarmed_at = models.DateTimeField(_("alarm since"), null=True, blank=True)
    # Of the settings that were refused: a change of settings ends the pause.
    fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("gateway session")
        verbose_name_plural = _("gateway sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "channel"], name="one_account_a_channel"
            )
        ]

    def __str__(self) -> str:
        return (
            f"{self.manager} ({self.get_channel_display()}): {self.get_state_display()}"
        )


class SessionChange(models.Model):
    """An entry in the history of a gateway session."""

    account = models.ForeignKey(
        GatewayAccount, on_delete=models.CASCADE, related_name="changes"
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    state = models.CharField(_("state"), max_length=10, choices=GatewayAccount.State)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("session change")
        verbose_name_plural = _("session changes")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class GatewayNotice(models.Model):
    """The latest notice of a platform about an account, per topic.

    A problem is an alert until it ends, is replaced by another notice of the topic, or
    is marked as handled.
    """

    class Level(models.TextChoices):
        INFO = "info", _("Information")
        WARNING = "warning", _("Warning")
        PROBLEM = "problem", _("Problem")

    account = models.ForeignKey(
        GatewayAccount, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    topic = models.CharField(max_length=32)
    level = models.CharField(_("level"), max_length=7, choices=Level)
    text = models.CharField(_("report"), max_length=500)
    # The account cannot be used meanwhile, whatever state its session reports.
    is_blocking = models.BooleanField(default=False)
    reported_at = models.DateTimeField(_("reported at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    handled_at = models.DateTimeField(_("dealt with at"), null=True, blank=True)

    class Meta:
        verbose_name = _("report of a gateway")
        verbose_name_plural = _("reports of gateways")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "topic"], name="one_notice_a_topic"
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.text}"


class MessageTemplate(models.Model):
    """The latest reported state of a message template in one language."""

    account = models.ForeignKey(
        GatewayAccount,
        on_delete=models.CASCADE,
        related_name="templates",
        db_index=False,
    )
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=32, blank=True)
    # As the platform names them: it adds new ones.
    status = models.CharField(_("state"), max_length=32, blank=True, default="")
    category = models.CharField(_("category"), max_length=32, blank=True, default="")
    quality = models.CharField(_("quality"), max_length=32, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    reported_at = models.DateTimeField(_("reported at"))

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"], name="one_template_a_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language}): {self.status}"
