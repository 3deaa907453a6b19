"""Models of the lookup of contacts' names and pictures at gateways."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from contacts.models import Contact
from hci_center.encryption import EncryptedTextField


class ProfileFetch(models.Model):
    """A pending or finished lookup of a contact's name and picture.

    `next_at` is None when it is finished; `asked_at` is when it was requested.
    """

    contact = models.OneToOneField(
        Contact,
        on_delete=models.CASCADE,
        related_name="profile_fetch",
        primary_key=True,
    )
    # The picture's URL, if the gateway sent it; encrypted, because it needs no
    # authentication.
    link = EncryptedTextField(blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False),
                name="profiles_due",
            )
        ]

    def __str__(self) -> str:
        return str(self.contact_id)


class Portrait(models.Model):
    """A copy of a contact's picture: the gateway's own address of it expires."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="portrait"
    )
    file = models.FileField(max_length=200)
    mime = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.uuid)
