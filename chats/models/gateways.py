"""What passes between us and the gateways, on its way out and on its way in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.conversations import Message, Status
from contacts.models import Channel, Contact
from hci_center.encryption import EncryptedTextField
from managers.models import Manager


class Delivery(models.Model):
    """An outgoing message on its way to its gateway.

    Written in the transaction that stores the message, and gone through by
    whatever sends. `lease_until` and `fence` keep two workers from one message: a
    result counts only under the fence that was taken.
    """

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="delivery", primary_key=True
    )
    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Which of the manager's two accounts it leaves by.
    channel = models.CharField(max_length=8, choices=Channel)
    # The approved template that it is, with what fills its gaps.
    template = models.JSONField(null=True, blank=True)
    # A page token for this message alone, kept until it is sent.
    token = EncryptedTextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    # Those that count: refusals of the whole account do not.
    failures = models.PositiveSmallIntegerField(default=0)
    # By the database's clock, as all that is compared with them.
    queued_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    # Its place in the contact's order once it is sent again: a number drawn from the
    # sequence of message ids. Before that its message's id is its place.
    position = models.BigIntegerField(null=True, blank=True)
    # When the latest attempt began, so what it sent left no earlier.
    attempted_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    # From before an attempt until its outcome is written. Found true by the next
    # claim, the attempt ended in the dark: it may have gone out.
    in_flight = models.BooleanField(default=False)
    # It may have gone out, and until then news of it are awaited.
    doubt_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            # What is due at an account, and what waits before it for the contact.
            models.Index(
                fields=["manager", "channel", "next_at", "message"],
                condition=Q(done_at__isnull=True),
                name="deliveries_due",
            ),
            models.Index(
                "contact",
                Coalesce("position", "message"),
                condition=Q(done_at__isnull=True),
                name="deliveries_of_contact",
            ),
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class MessagePart(models.Model):
    """A further id of a message that left its gateway as several.

    A page sends a file and its caption one after the other: both are one message here,
    which bears the first id.
    """

    manager = models.ForeignKey(
        Manager, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="parts")
    gateway_id = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "gateway_id"], name="part_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.gateway_id


class ParkedReceipt(models.Model):
    """News of a message that is not known yet, kept 15 minutes."""

    manager = models.ForeignKey(Manager, on_delete=models.CASCADE, related_name="+")
    reference = models.CharField(max_length=255)
    status = models.CharField(max_length=9, choices=Status)
    error = models.CharField(max_length=500, blank=True, default="")
    arrived_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["manager", "reference"], name="parked_receipts")
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.status}"


class GatewayAccount(models.Model):
    """How one of a manager's two accounts stands: its session, and its pauses.

    A pause holds all that the account would send; `reason` says why, there and on
    each message that waits for it.
    """

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("Unknown")
        OPEN = "open", _("Open")
        CONNECTING = "connecting", _("Connecting")
        QR = "qr", _("Waiting to be scanned")
        CLOSED = "closed", _("Closed")

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
    # What a phone scans to become this session: whoever has it has the account.
    qr = EncryptedTextField(_("QR code"), blank=True, default="")
    # It answers a repeat under our id with the first result.
    idempotent = models.BooleanField(default=False)
    # In bytes, as its gateway last said; None where it did not.
    largest_file = models.PositiveIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    next_check_at = models.DateTimeField(default=timezone.now)
    # When somebody asked for the QR code; None when its gateway was asked since.
    qr_asked_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    pause_code = models.CharField(max_length=32, blank=True, default="")
    pause_reason = models.CharField(
        _("why it is paused"), max_length=500, blank=True, default=""
    )
    # In a row, without a message that was accepted between them.
    pauses = models.PositiveIntegerField(default=0)
    # Since when somebody must look after it.
    alarmed_at = models.DateTimeField(_("alarm since"), null=True, blank=True)
    # Of the settings that were refused: others are worth another try at once.
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
    """A line of the history of a gateway session."""

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
    """What a platform reported last on an account, of one topic.

    A problem is an alarm until it ends, another report of the topic replaces it, or
    somebody has dealt with it.
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
    # The account cannot be used meanwhile, whatever its session says of itself.
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
    """The last that a platform said of a message template, in one language."""

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


class InboundEvent(models.Model):
    """A piece of a webhook as it came, stored before anything was made of it.

    Those of one `lane` are worked through in order; one that cannot be is parked
    and lets the next go.
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
    # The gateway's name of the account; for those without one of ours, a manager's.
    lane = models.CharField(_("account"), max_length=80, blank=True, default="")
    # JSON without secrets.
    payload = models.TextField(_("content"))
    # Of the bytes that came: senders repeat themselves for days.
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
            # What waits, lane by lane.
            models.Index(
                fields=["source", "lane", "id"],
                condition=Q(state="waiting"),
                name="events_waiting",
            ),
            # The back-office's list of what is parked; what is old is removed.
            models.Index(fields=["state", "arrived_at"], name="events_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.pk}"


class MediaFetch(models.Model):
    """Media of an incoming message that its gateway still keeps.

    The row goes when the file is here, or when it is given up.
    """

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="media_fetch", primary_key=True
    )
    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel)
    # JSON of where it is; the links open without more.
    media = EncryptedTextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Since when there is no place to store it in; None: there was.
    unstored_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("media fetch")
        verbose_name_plural = _("media fetches")
        indexes = [models.Index(fields=["next_at"], name="media_due")]

    def __str__(self) -> str:
        return str(self.message_id)
