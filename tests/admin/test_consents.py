"""Consents on a contact's page: added and revoked, never changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.models import Consent
from tests.admin.contact_pages import page
from tests.builders import make_contact


def post(desk, contact, *rows, initial=0):
    data = {
        "name": contact.name,
        "photo": contact.photo,
        "consents-TOTAL_FORMS": len(rows),
        "consents-INITIAL_FORMS": initial,
    }
    for n, row in enumerate(rows):
        data |= {f"consents-{n}-{name}": value for name, value in row.items()}
    return desk.post(page(contact), data)


def given(**over):
    return {
        "purpose": "marketing",
        "given_at_0": "2026-01-05",
        "given_at_1": "10:00",
        "how": "Por telefone",
        "wording": "Aceito receber ofertas.",
    } | over


def test_it_is_recorded_and_revoked(desk, supervisor, contact):
    assert post(desk, contact, given()).status_code == 302
    consent = Consent.objects.get()
    assert (consent.purpose, consent.how) == ("marketing", "Por telefone")
    assert consent.by == f"user:{supervisor.pk}"
    row = given(
        id=consent.pk, contact=contact.pk, wording="Outra coisa",
        revoked_at_0="2026-02-05", revoked_at_1="10:00",
    )  # fmt: skip
    assert post(desk, contact, row, initial=1).status_code == 302
    consent.refresh_from_db()
    assert consent.revoked_at is not None
    assert consent.wording == "Aceito receber ofertas."
    assert "Aceito receber ofertas." in desk.get(page(contact)).content.decode()


@pytest.mark.parametrize(
    "rows",
    [
        [given(given_at_0="", given_at_1="")],
        [given(revoked_at_0="2025-12-05", revoked_at_1="10:00")],
        [given(given_at_0="2999-12-05")],
        [given(how="")],
        [given(purpose="<script>")],
        [given(), given()],
    ],
)
def test_invalid_consents_are_refused(desk, contact, rows):
    assert post(desk, contact, *rows).status_code == 200
    assert not Consent.objects.exists()


def test_consents_of_other_managers_are_not_accessible(desk, other_manager):
    foreign = make_contact(other_manager)
    post(desk, foreign, given())
    assert not Consent.objects.exists()


def test_the_database_allows_one_consent_in_force(contact):
    values = {"contact": contact, "purpose": "survey", "how": "chat", "by": "user:1"}
    Consent.objects.create(**values, given_at=timezone.now())
    for wrong in ({"given_at": timezone.now()}, {"given_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(**values, **wrong)
