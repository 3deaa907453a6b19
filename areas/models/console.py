"""Settings that a user's console stores on the server."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class ConsoleSettings(models.Model):
    """A user's console settings, in the console's own format."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="+", primary_key=True
    )
    settings = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.user_id)
