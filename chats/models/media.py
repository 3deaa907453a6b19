"""Models of the conversion and the download of message files."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.conversations import Message
from contacts.models import Channel
from hci_center.encryption import EncryptedTextField
from managers.models import Manager


class ConvertedFile(models.Model):
    """A message's file in a format that its gateway accepts, converted before sending.

    The delivery waits while `made_at` is None. The original stays the message's file,
    for our own display; the converted file is deleted after the message was sent.
    """

    message = models.OneToOneField(
        Message,
        on_delete=models.CASCADE,
        related_name="converted_file",
        primary_key=True,
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The gateway it was converted for: another may need another format.
    gateway = models.CharField(max_length=16, blank=True, default="")
    # What it is sent as: image, sticker, voice, audio, video or document.
    kind = models.CharField(max_length=8, blank=True, default="")
    # "" if the original is sent unchanged.
    file = models.FileField(max_length=200, blank=True, default="")
    mime = models.CharField(max_length=100, blank=True, default="")
    size = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("converted file")
        verbose_name_plural = _("converted files")
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(made_at__isnull=True),
                name="conversions_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class MediaFetch(models.Model):
    """A pending download of an incoming message's file from its gateway.

    The row is deleted when the file is stored or the download is given up.
    """

    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, related_name="media_fetch", primary_key=True
    )
    manager = models.ForeignKey(
        Manager, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=8, choices=Channel)
    # JSON of where the file is; encrypted, because the links need no authentication.
    media = EncryptedTextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Since when the file could not be stored, or None.
    unstored_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("media fetch")
        verbose_name_plural = _("media fetches")
        indexes = [models.Index(fields=["next_at"], name="media_due")]

    def __str__(self) -> str:
        return str(self.message_id)
