"""A repeated call is authorized by the caller's current permissions."""

import pytest

from contacts.models import Contact
from hci_center.api.models import StoredAnswer
from managers import authentication
from managers.models import ApiKey
from tests import builders
from tests.conftest import Api, signed_in
from tests.contract.calls import CALLS
from tests.contract.conftest import *  # noqa: F403 - fixtures

ONCE = {"Idempotency-Key": "once"}
WRITING = [call for call in CALLS if call.method != "GET"]
# `user/save` is closed to keys that are restricted to some managers.
OF_A_MANAGER = [call for call in WRITING if call.url != "/api/user/save"]


def restrict_key_to(manager):
    [key] = ApiKey.objects.all()
    key.managers.set([manager])
    authentication.forget_cached_keys()


@pytest.mark.parametrize("call", OF_A_MANAGER, ids=str)
def test_a_key_that_lost_the_manager_gets_the_error_of_a_new_call(
    centre, manager, other_manager, call
):
    key = builders.make_key(manager)
    api, body = Api(key), call.body(centre)
    first = api.call(call.method, call.url, body, headers=ONCE)
    assert first.status_code == 200
    restrict_key_to(other_manager)
    again = api.call(call.method, call.url, body, headers=ONCE)
    fresh = api.call(call.method, call.url, body)
    assert again.status_code == fresh.status_code == 404
    assert again.content == fresh.content


@pytest.mark.parametrize("call", WRITING, ids=str)
def test_every_stored_response_has_its_manager(centre, full_api, call):
    full_api.call(call.method, call.url, call.body(centre), headers=ONCE)
    stored = StoredAnswer.objects.get()
    assert stored.body is None or stored.manager_id is not None


def test_a_restored_permission_gets_the_stored_response_again(
    manager, other_manager, page_contact
):
    api = Api(builders.make_key(manager))
    fields = {"facebookId": "369258147", "contactId": page_contact.external_id}

    def increase():
        return api.put("/api/user/contact/sa/increase", fields, headers=ONCE)

    first = increase()
    restrict_key_to(other_manager)
    assert increase().status_code == 404
    restrict_key_to(manager)
    assert increase().content == first.content
    page_contact.refresh_from_db()
    assert page_contact.sa == 2


def test_a_repeat_does_not_run_on_a_contact_that_took_over_the_number(
    manager, other_manager
):
    """The number now belongs to another manager of the key; nothing changes there."""
    api = Api(builders.make_key(manager))
    builders.make_contact(manager, external_id="5511977776666", sa=1)
    theirs = builders.make_contact(other_manager, external_id="5511977776666", sa=1)
    number = manager.number
    fields = {"number": number, "contactId": 5511977776666, "name": "Ana"}
    path = "/api/user/contact/save"
    assert api.post(path, fields, headers=ONCE).status_code == 200
    type(manager).objects.filter(pk=manager.pk).update(number=None)
    type(manager).objects.filter(pk=other_manager.pk).update(number=number)
    restrict_key_to(other_manager)
    before = Contact.objects.values().get(pk=theirs.pk)
    again = api.post(path, fields, headers=ONCE)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")
    assert Contact.objects.values().get(pk=theirs.pk) == before


def test_an_operator_who_no_longer_sees_the_contact_gets_404(
    manager, sales, ana, contact
):
    builders.make_chat(contact, protocol=contact.protocol)
    elsewhere = builders.make_area(manager, "outra")
    contact.area, contact.operator = sales, None
    contact.save()
    api = signed_in(ana.user)
    fields = {"contactNumber": contact.external_id, "operatorId": 0}
    assert api.post("/api/chat/new", fields, headers=ONCE).status_code == 200
    contact.area = elsewhere
    contact.save()
    again = api.post("/api/chat/new", fields, headers=ONCE)
    fresh = api.post("/api/chat/new", fields)
    assert again.status_code == 404
    assert again.content == fresh.content


def test_a_repeated_handover_gets_the_stored_response(manager, ana, bruno, contact):
    contact.operator = ana
    contact.save()
    api = signed_in(ana.user)
    fields = {
        "number": manager.number,
        "contactNumber": contact.external_id,
        "operatorId": bruno.pk,
    }
    path = "/api/user/contact/operator"
    first = api.put(path, fields, headers=ONCE)
    Contact.objects.update(area=builders.make_area(manager, "outra"))
    assert first.status_code == 200
    assert api.put(path, fields, headers=ONCE).content == first.content


# Contacts ---------------------------------------------------------------------


@pytest.mark.parametrize("how", ["deleted", "erased"])
def test_stored_responses_are_deleted_with_their_customer(full_api, manager, how):
    contact = builders.make_contact(manager, external_id="5511977776666")
    fields = {"number": manager.number, "contactId": 5511977776666, "name": "Ana"}
    full_api.post("/api/user/contact/save", fields, headers=ONCE)
    assert b"Ana" in bytes(StoredAnswer.objects.get().body)
    if how == "erased":
        contact.delete()
    else:
        names = {"number": manager.number, "contactNumber": 5511977776666}
        full_api.delete("/api/user/contact/", names)
    assert not StoredAnswer.objects.exists()


def test_a_manager_is_stored_without_customers(full_api, manager, contact):
    fields = {
        "number": manager.number,
        "facebookId": manager.facebook_id,
        "facebookToken": "t",
    }
    path = "/api/user/save/facebook"
    first = full_api.post(path, fields, headers=ONCE).json()["data"]
    assert [one["name"] for one in first["contacts"]] == [contact.name]
    assert contact.name.encode() not in bytes(StoredAnswer.objects.get().body)
    contact.name = "Outra"
    contact.save()
    again = full_api.post(path, fields, headers=ONCE).json()["data"]
    assert [one["name"] for one in again["contacts"]] == ["Outra"]


def test_responses_of_reading_calls_are_not_stored(full_api, manager, contact):
    for path in ("/api/user/", "/api/user/contact/get"):
        for _ in range(2):
            answer = full_api.post(path, {"number": manager.number}, headers=ONCE)
            assert contact.name in answer.content.decode()
    assert set(StoredAnswer.objects.values_list("body", flat=True)) == {None}
