"""Looks up revoked consents of a customer."""

from __future__ import annotations

from contacts.models import Consent


def is_revoked(contact_id: int, purpose: str) -> bool:
    """Returns whether the customer has revoked the consent and not renewed it."""
    rows = Consent.objects.filter(contact=contact_id, purpose=purpose)
    revocations = list(rows.values_list("revoked_at", flat=True))
    return bool(revocations) and None not in revocations
