"""The contract's rule for repeats: an `Idempotency-Key` gets the first response again."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from chats.models import Message
from contacts.models import Contact
from tests import builders
from tests.conftest import Api
from tests.contract.call import PNG
from tests.contract.calls import CALLS
from tests.contract.conftest import blanked
from tests.contract.shapes import FACEBOOK_ID, NUMBER, PAGE, WHATSAPP_ID, refused

INCREASE = "/api/user/contact/sa/increase"
STEP = {"facebookId": PAGE, "contactId": FACEBOOK_ID}
WRITING = [call for call in CALLS if call.method != "GET"]
ONCE = {"Idempotency-Key": "once"}


@pytest.mark.parametrize("call", WRITING, ids=str)
def test_any_writing_call_repeated_with_its_key_gets_the_same_response(
    centre, full_api, call
):
    body = call.body(centre)
    first = full_api.call(call.method, call.url, body, headers=ONCE)
    assert first.status_code == 200
    count = Message.objects.count()
    form = {name: str(value) for name, value in body.items()}
    again = full_api.call(call.method, call.url.rstrip("/"), form=form, headers=ONCE)
    if b"signature" in first.content:
        first, again = first.json(), again.json()
        signed = "page" if "page" in first["data"] else "url"
        assert first["data"].pop(signed) != again["data"].pop(signed)
        assert first == again
    elif b'"metric"' in first.content:
        # It reads again, and returns the time.
        assert blanked(again.json()) == blanked(first.json())
    else:
        assert again.content == first.content
    assert Message.objects.count() == count


def test_a_step_is_made_once_for_each_key(api, page_contact):
    for key, sa in (("a", 2), ("a", 2), ("b", 3), ("a", 2), ("é" * 100, 4)):
        response = api.put(INCREASE, STEP, headers={"Idempotency-Key": key})
        assert response.json() == {"success": True, "data": sa}
    page_contact.refresh_from_db()
    assert page_contact.sa == 4


def test_an_error_of_the_call_itself_is_returned_again(api, manager):
    body = {"number": NUMBER, "contactNumber": WHATSAPP_ID}
    first = api.delete("/api/user/contact/", body, headers=ONCE)
    refused(first, 404, "contact_not_found")
    builders.make_contact(manager, external_id=str(WHATSAPP_ID))
    again = api.delete("/api/user/contact/", body, headers=ONCE)
    assert again.content == first.content
    assert Contact.objects.get().deleted_at is None


def test_validation_errors_are_not_stored(api, page_contact):
    refused(
        api.put(INCREASE, {"facebookId": PAGE}, headers=ONCE),
        400,
        "invalid",
        fields=["contactId"],
    )
    assert api.put(INCREASE, STEP, headers=ONCE).json()["data"] == 2


def test_the_same_key_with_other_fields_is_a_mismatch(api, page_contact):
    api.put(INCREASE, STEP, headers=ONCE)
    other = api.put(INCREASE, STEP | {"contactId": "1"}, headers=ONCE)
    refused(other, 422, "idempotency_mismatch")


def test_a_key_belongs_to_one_credential_method_and_path(
    manager, page_contact, full_api
):
    api = Api(builders.make_key(manager))
    for caller, path, sa in (
        (api, "increase", 2),
        (full_api, "increase", 3),
        (api, "decrease", 2),
        (full_api, "decrease", 1),
    ):
        path = f"/api/user/contact/sa/{path}"
        assert caller.put(path, STEP, headers=ONCE).json()["data"] == sa


def test_a_repeated_response_has_the_current_token(full_api, manager):
    body = {"number": NUMBER, "facebookId": PAGE, "facebookToken": "first-token"}
    path = "/api/user/save/facebook"
    first = full_api.post(path, body, headers=ONCE)
    assert first.json()["data"]["facebookToken"] == "first-token"
    full_api.post(path, body | {"facebookToken": "second-token"})
    again = full_api.post(path, body, headers=ONCE).json()["data"]
    assert again["facebookToken"] == "second-token"
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(body, 'UTF8') FROM api_storedanswer")
        kept = "".join(row for (row,) in cursor)
    assert "facebookToken" in kept
    assert "first-token" not in kept
    assert "second-token" not in kept


def test_a_key_has_at_most_255_characters(api, page_contact):
    longest = {"Idempotency-Key": "k" * 255}
    assert api.put(INCREASE, STEP, headers=longest).status_code == 200
    longer = {"Idempotency-Key": "k" * 256}
    response = api.put(INCREASE, STEP, headers=longer)
    assert response.json()["error"]["code"] == "invalid"


def test_reading_calls_ignore_a_key(api, manager):
    api.get("/api/user/", headers=ONCE)
    manager.name = "Novo nome"
    manager.save()
    data = api.get("/api/user/", headers=ONCE).json()["data"]
    assert data[0]["name"] == "Novo nome"
    longer = {"Idempotency-Key": "k" * 256}
    assert api.get("/api/user/", headers=longer).json()["data"] == data


@pytest.mark.django_db(transaction=True)
def test_simultaneous_repeats_wait_and_the_call_runs_once():
    manager = builders.make_manager(facebook_id=PAGE)
    builders.make_contact(manager, channel="facebook", external_id=FACEBOOK_ID, sa=1)
    key = builders.make_key(manager)
    start, answers = threading.Barrier(6), []

    def ask():
        api = Api(key)
        start.wait()
        answers.append(api.put(INCREASE, STEP, headers=ONCE).content)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [b'{"success":true,"data":2}'] * 6
    assert Contact.objects.get().sa == 2


@pytest.mark.django_db(transaction=True)
def test_a_file_in_simultaneous_repeats_is_sent_once():
    manager = builders.make_manager(number=NUMBER, controller_port=8080)
    area = builders.make_area(manager)
    ana = builders.make_operator(manager, area)
    builders.make_contact(manager, external_id=str(WHATSAPP_ID), area=area)
    key = builders.make_key(manager)
    body = {
        "contactNumber": WHATSAPP_ID,
        "from": ana.pk,
        "base64": PNG,
        "type": "image",
    }
    start, ids = threading.Barrier(4), []

    def ask():
        api = Api(key)
        start.wait()
        path = "/api/chat/message/send/operator/file/8080"
        ids.append(api.post(path, body, headers=ONCE).json()["data"]["id"])
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(ids)) == 1
    assert len(ids) == 4
    assert Message.objects.count() == 1
