"""Outgoing messages on their way to a gateway, and what gateways report of them."""

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
