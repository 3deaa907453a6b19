"""Failed sign-ins, for the throttle of `areas.login_throttle`."""

from __future__ import annotations

from django.db import models


class SignInFailure(models.Model):
    """The recent failures of a subject of `areas.login_throttle` (hashed)."""

    subject = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        # For deleting old rows.
        indexes = [models.Index(fields=["last_at"], name="sign_in_failure_age")]

    def __str__(self) -> str:
        return self.subject
