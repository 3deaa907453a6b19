"""Invisible rows get byte for byte the response of missing ones."""

from __future__ import annotations

from copy import deepcopy

import pytest
from django.utils import timezone

from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contract.calls import CALLS
from tests.contract.shapes import refused

NAMING_CONTACTS = [
    call
    for call in CALLS
    if not call.closed_to_operators
    and {"contactId", "contactNumber"} & {*call.phones, *call.ids, *call.contact_ids}
    and not call.name.startswith("save a")
]
NAMING_ROWS = [
    call for call in CALLS if call.name not in ("find all managers", "save manager")
]


@pytest.fixture
def centre(module_centre, db):
    return deepcopy(module_centre)


def as_himself(call, centre, operator):
    """Returns the call's fields, with that operator."""
    own = dict.fromkeys(call.operators, str(operator.pk))
    return call.body(centre) | own


def of_nobody(body):
    names = {"contactId", "contactNumber"} & set(body)
    return body | dict.fromkeys(names, "4499988887777")


@pytest.mark.parametrize("call", NAMING_CONTACTS, ids=str)
def test_contacts_of_other_areas_are_like_missing_ones_for_an_operator(centre, call):
    session = signed_in(centre.bruno.user)
    body = as_himself(call, centre, centre.bruno)
    hidden = session.call(call.method, call.url, body)
    missing = session.call(call.method, call.url, of_nobody(body))
    assert hidden.status_code == 404
    assert hidden.content == missing.content


@pytest.mark.parametrize("call", NAMING_CONTACTS, ids=str)
def test_deleted_contacts_are_like_missing_ones(centre, full_api, call):
    Contact.objects.update(deleted_at=timezone.now(), operator=None, unread=0)
    type(centre.chat).objects.update(closed_at=timezone.now())
    body = call.body(centre)
    gone = full_api.call(call.method, call.url, body)
    missing = full_api.call(call.method, call.url, of_nobody(body))
    assert gone.status_code == 404
    assert gone.content == missing.content


@pytest.mark.parametrize("call", NAMING_ROWS, ids=str)
def test_rows_of_other_companies_are_like_missing_ones_for_a_supervisor(
    centre, other_manager, call
):
    session = signed_in(builders.make_supervisor(other_manager))
    body = call.body(centre)
    names = {"number", "managerNumber", "mumber", "facebookId"} & set(body)
    nobody = body | dict.fromkeys(names, "4499988887777") if names else of_nobody(body)
    url = call.url.replace("8080", "9999").replace("369258147", "111")
    foreign = session.call(call.method, call.url, body or None)
    missing = session.call(call.method, url, nobody or None)
    assert foreign.status_code == 404
    assert foreign.content == missing.content


def test_an_operator_may_not_save_an_invisible_contact(centre):
    before = Contact.objects.values().get(pk=centre.contact.pk)
    body = {
        "number": centre.manager.number,
        "contactNumber": centre.contact.external_id,
        "name": "Outra",
    }
    session = signed_in(centre.bruno.user)
    refused(session.post("/api/user/contact/save", body), 403, "forbidden")
    assert Contact.objects.values().get(pk=centre.contact.pk) == before
