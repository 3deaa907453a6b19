"""Models of the delivery of outgoing messages and of early receipts."""

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
    """The delivery of an outgoing message to its gateway.

    Written in the transaction that stores the message; the pending rows are the queue
    of the workers. `lease_until` and `fence` keep two workers from sending one message:
    a result is only written under the fence of its claim.
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
    # Which of the manager's two accounts sends it.
    channel = models.CharField(max_length=8, choices=Channel)
    # The approved template to send, with its parameters.
    template = models.JSONField(null=True, blank=True)
    # A page token for this message alone, kept until it is sent.
    token = EncryptedTextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    # Failed attempts, without refusals of the whole account.
    failures = models.PositiveSmallIntegerField(default=0)
    # Set by the database's clock, like all times compared with them.
    queued_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    # Its position in the contact's queue after a resend, from the sequence of message
    # ids. Until then the message's id is its position.
    position = models.BigIntegerField(null=True, blank=True)
    # When the latest attempt began: its message was sent no earlier.
    attempted_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    # True from before an attempt until its result is written. If the next claim finds
    # it true, the result is unknown: the message may have been sent.
    in_flight = models.BooleanField(default=False)
    # The message may have been sent, and receipts for it are awaited until then.
    doubt_until = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # Buttons, a list or quick replies beside the text: {"kind", "head", "items": [{"id",
    # "title"}]}. The message's content is always the whole question as text; its first
    # `head` characters are shown with the choices.
    choices = models.JSONField(null=True, blank=True)
    # When a status was first reached, by the database's clock. A receipt that skips
    # one leaves it NULL.
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    # Why it failed, as a code for reports; the sentence is the message's.
    failed_code = models.CharField(max_length=32, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            # The deliveries of an account that are due, and the earlier ones of a
            # contact.
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
            # Reports on delivery: read without the table.
            models.Index(
                fields=["manager", "queued_at"],
                include=["channel", "sent_at", "delivered_at", "failed_code"],
                name="deliveries_queued",
            ),
            # Deliveries that failed today.
            models.Index(
                fields=["manager", "failed_at"],
                condition=Q(failed_at__isnull=False),
                name="deliveries_failed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class MessagePart(models.Model):
    """A further gateway id of a message that its gateway sent as several.

    A page sends a file and its caption one after the other: both are one message here,
    with the first id.
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
    """A receipt for a message that is not known yet, kept for 15 minutes."""

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
