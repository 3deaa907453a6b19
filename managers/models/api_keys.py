"""API keys, and how many calls each makes a day."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from managers.models.managers import Manager


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def live(self) -> Self:
        """Returns the keys that are neither revoked nor expired."""
        now = timezone.now()
        return self.filter(revoked_at=None).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )


class ApiKey(models.Model):
    """The API key of an integration; the key itself is never stored.

    An integration that is recognised `by_address` has no key: its digest is empty.
    """

    name = models.CharField(_("name"), max_length=200)
    # Shown in lists so that a leaked key can be found; part of the key's look-up.
    prefix = models.CharField(_("prefix"), max_length=16, unique=True)
    digest = models.CharField(_("digest"), max_length=64)
    all_managers = models.BooleanField(_("all managers"), default=False)
    managers = models.ManyToManyField(
        Manager, blank=True, related_name="api_keys", verbose_name=_("managers")
    )
    secrets = models.BooleanField(
        _("answers page tokens"),
        default=False,
        help_text=_("Answers to this key carry the page tokens in full."),
    )
    per_minute = models.PositiveIntegerField(
        _("calls a minute"),
        null=True,
        blank=True,
        help_text=_("Empty: as many as it likes."),
    )
    # Networks, one per line, from which the key is accepted; "" allows all.
    networks = models.TextField(
        _("only from these networks"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Addresses or networks, one a line. Empty: from everywhere."),
    )
    # For clients whose headers cannot be changed (docs/security.md).
    in_path = models.BooleanField(
        _("may stand in the path"),
        default=False,
        db_default=False,
        help_text=_(
            "For clients that can set no header: /k/<key>/api/… Whoever reads the "
            "address has the key."
        ),
    )
    by_address = models.BooleanField(
        _("recognised by its address alone"),
        default=False,
        db_default=False,
        help_text=_(
            "For clients that can send no key: whoever calls from these networks is "
            "this integration. Never with page tokens, and it deletes nothing."
        ),
    )
    # Until when the calls already made use up the limit; see `authentication`.
    spent_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = [F("created_at").desc()]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_key_a_name",
            ),
            models.CheckConstraint(
                condition=Q(per_minute__isnull=True) | Q(per_minute__gte=1),
                name="key_limit_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(in_path=False, by_address=False) | ~Q(networks=""),
                name="exposed_key_has_networks",
            ),
            models.CheckConstraint(
                condition=Q(by_address=False) | Q(secrets=False, in_path=False),
                name="key_by_address_has_no_secrets",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_exposed(self) -> bool:
        """Whether it may be used without a secret in a header."""
        return self.in_path or self.by_address

    @property
    def is_live(self) -> bool:
        """Whether the key is neither revoked nor expired, as in `live`."""
        return self.revoked_at is None and (
            self.expires_at is None or self.expires_at > timezone.now()
        )


class KeyDay(models.Model):
    """How many calls a key made on a day of the installation's time zone."""

    key = models.ForeignKey(
        ApiKey, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    day = models.DateField()
    calls = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "day"], name="one_count_a_key_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"
