"""Consents and revocations after two contacts are merged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contacts.consents import is_revoked
from contacts.models import Consent
from tests import builders
from tests.chats.inbound.test_merged_tags import merged

FIRST, SECOND, THIRD = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def consent(contact, given, revoked=None, purpose="marketing"):
    return Consent.objects.create(
        contact=contact, purpose=purpose, given_at=given, revoked_at=revoked, how="x"
    )


@pytest.mark.parametrize("revoked_by", [0, 1])
def test_a_revocation_holds_for_both(manager, revoked_by):
    both = [builders.make_contact(manager) for _ in range(2)]
    consent(both[1 - revoked_by], FIRST)
    consent(both[revoked_by], FIRST, SECOND)
    contact = merged(manager, *both)
    assert is_revoked(contact.pk, "marketing")
    found = Consent.objects.filter(contact=contact).values_list(
        "given_at", "revoked_at"
    )
    assert list(found) == [(FIRST, SECOND)] * 2


@pytest.mark.parametrize("given_by", [0, 1])
def test_a_consent_given_after_the_revocation_is_kept(manager, given_by):
    both = [builders.make_contact(manager) for _ in range(2)]
    consent(both[given_by], THIRD)
    consent(both[1 - given_by], FIRST, SECOND)
    contact = merged(manager, *both)
    assert not is_revoked(contact.pk, "marketing")


def test_one_consent_is_in_force(manager):
    both = [builders.make_contact(manager) for _ in range(2)]
    own = consent(both[0], SECOND)
    consent(both[1], FIRST)
    survey = consent(both[1], FIRST, purpose="survey")
    contact = merged(manager, *both)
    assert set(Consent.objects.filter(contact=contact)) == {own, survey}
