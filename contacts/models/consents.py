"""The model of customers' consents."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models.contacts import Contact


class Consent(models.Model):
    """A customer's consent for one purpose, until it is revoked.

    Without a row it is not given. A renewed consent is a new row; a revocation without
    a previous consent is a row without `given_at`.
    """

    class Purpose(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        SURVEY = "survey", _("Survey")
        OTHER = "other", _("Other purpose")

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        related_name="consents",
        verbose_name=_("contact"),
        db_index=False,
    )
    purpose = models.CharField(_("purpose"), max_length=9, choices=Purpose)
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    # How it was given: by telephone, on a form, in this chat.
    how = models.CharField(_("how"), max_length=200)
    wording = models.TextField(_("what was agreed to"), blank=True, max_length=4000)
    # The credential that last recorded it, as in the ledger ("user:12").
    by = models.CharField(_("recorded by"), max_length=64, editable=False)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = [F("id").asc()]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "purpose"],
                condition=Q(revoked_at__isnull=True),
                name="one_consent_in_force",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=["marketing", "survey", "other"]),
                name="consent_purpose_is_known",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=False) | Q(revoked_at__isnull=False),
                name="consent_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True)
                | Q(revoked_at__isnull=True)
                | Q(revoked_at__gte=F("given_at")),
                name="consent_is_given_before_it_is_revoked",
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "purpose"], name="consents_of_contact")
        ]

    def __str__(self) -> str:
        return self.get_purpose_display()
