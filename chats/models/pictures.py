"""Copies of pictures that are shown instead of the stored file."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from chats.models.conversations import Attachment


class PictureCopy(models.Model):
    """A re-encoded picture without the metadata of its file.

    While `made_at` is None it waits for a worker: the rows are the queue.
    """

    attachment = models.OneToOneField(
        Attachment,
        on_delete=models.CASCADE,
        related_name="picture_copy",
        primary_key=True,
    )
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(max_length=200, blank=True, default="")
    mime = models.CharField(max_length=100, blank=True, default="")
    size = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Set by the database's clock, like all times compared with it.
    next_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # Pending copies, newest first.
            models.Index(
                fields=["-attachment"],
                condition=models.Q(made_at__isnull=True),
                name="picture_copies_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.uuid)
