"""Signing in: failures for the throttle, second factors and their recovery codes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from hci_center.encryption import EncryptedTextField


class SignInFailure(models.Model):
    """The recent failures of a subject of `areas.sign_in.login_throttle` (hashed)."""

    subject = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        # For deleting old rows.
        indexes = [models.Index(fields=["last_at"], name="sign_in_failure_age")]

    def __str__(self) -> str:
        return self.subject


class SecondFactor(models.Model):
    """A person's authenticator app; see `areas.sign_in.second_factor`.

    `confirmed_at` is None until the person has sent a first code: until then signing in
    does not ask for one.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
    )
    # In Base32, the format of authenticator apps.
    secret = EncryptedTextField()
    # The step of 30 s of the latest code that was used: each is good once.
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class RecoveryCode(models.Model):
    """A single-use code for users who have lost the app; only its digest is stored."""

    factor = models.ForeignKey(
        SecondFactor, on_delete=models.CASCADE, related_name="codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["factor", "digest"], name="one_recovery_code_each"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
