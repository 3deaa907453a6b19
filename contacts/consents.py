"""Says what a customer has revoked."""

from __future__ import annotations

from contacts.models import Consent


def is_revoked(contact_id: int, purpose: str) -> bool:
    """Returns whether the customer has revoked it and not given it again."""
    rows = Consent.objects.filter(contact=contact_id, purpose=purpose)
    revocations = list(rows.values_list("revoked_at", flat=True))
    return bool(revocations) and None not in revocations
