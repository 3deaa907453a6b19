"""Metadata of login sessions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class LoginSession(models.Model):
    """A session of Django's table, with its user and where it was last used.

    Rows of ended sessions are ignored, and deleted some time later.
    """

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    address = models.CharField(max_length=64, blank=True, default="")
    device = models.CharField(max_length=100, blank=True, default="")
    started_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.device}"
