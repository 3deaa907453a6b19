"""Models of the templates that a gateway's platform has approved."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chats.models.gateway_accounts import GatewayAccount


class TemplateFetch(models.Model):
    """The next fetch of an account's templates, and the result of the last.

    `is_asked` is set if the data may have changed during a fetch.
    """

    account = models.OneToOneField(
        GatewayAccount,
        on_delete=models.CASCADE,
        related_name="template_fetch",
        primary_key=True,
    )
    next_at = models.DateTimeField(default=timezone.now)
    is_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Increases with each lease, so that an expired lease stores nothing.
    fence = models.PositiveBigIntegerField(default=0)
    # The number of consecutive failures, with the reason of the last.
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("error"), max_length=500, blank=True, default="")
    fetched_at = models.DateTimeField(_("fetched at"), null=True, blank=True)
    # Digest of the encrypted settings at the last check: a change makes a fetch due.
    settings_digest = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="templates_due")]

    def __str__(self) -> str:
        return str(self.account_id)


class ApprovedTemplate(models.Model):
    """A template that the platform lists as approved.

    `needs` is what must be sent besides `parameters` values of the text; "" if nothing.
    """

    class Needs(models.TextChoices):
        NAMED = "named", _("named values")
        HEADER = "header", _("a file or value in its header")
        BUTTON = "button", _("values in its buttons")
        OTHER = "other", _("parts of another kind")

    account = models.ForeignKey(
        GatewayAccount,
        on_delete=models.CASCADE,
        related_name="approved_templates",
        db_index=False,
    )
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=16)
    category = models.CharField(_("category"), max_length=32, blank=True)
    text = models.TextField(_("text"), blank=True)
    parameters = models.PositiveSmallIntegerField(default=0)
    needs = models.CharField(max_length=8, blank=True, default="", choices=Needs)

    class Meta:
        verbose_name = _("approved template")
        verbose_name_plural = _("approved templates")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"],
                name="one_approved_template_a_language",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"
