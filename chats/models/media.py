"""Files of messages on their way: fetched from gateways, converted for gateways."""

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
    """A message's file in the form that its gateway takes, made before it is sent.

    Its delivery waits while `made_at` is None. The original stays the message's file,
    for our own display; this one goes when the message has left.
    """

    message = models.OneToOneField(
        Message,
        on_delete=models.CASCADE,
        related_name="converted_file",
        primary_key=True,
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # For which gateway it was made: another may want another form.
    gateway = models.CharField(max_length=16, blank=True, default="")
    # As what it leaves: image, sticker, voice, audio, video or document.
    kind = models.CharField(max_length=8, blank=True, default="")
    # "" where the original leaves as it is.
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
