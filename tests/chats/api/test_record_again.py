"""POST api/chat/message/send: the same message recorded again."""

from __future__ import annotations

import uuid

from chats.models import Message
from contacts.models import Contact
from tests.builders import make_chat, make_message
from tests.chats.api.recording import (
    PATH,
    WHATSAPP_TEXT,
    send,
    stored,
)
from tests.chats.shapes import message_body


def test_a_repeated_message_id_returns_the_first_message(api, contact):
    first = send(api, messageId="wamid.1")
    again = send(api, messageId="wamid.1", content="changed", contactNumber=5511999)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert Message.objects.get().gateway_id == "wamid.1"
    assert Contact.objects.count() == 1
    contact.refresh_from_db()
    assert contact.unread == 1


def test_a_repeat_is_found_when_its_contact_was_deleted_meanwhile(api, contact):
    first = send(api, messageId="wamid.1")
    api.delete(
        "/api/user/contact/", {"number": 5511400011111, "contactNumber": 551133334444}
    )
    assert send(api, messageId="wamid.1").json() == first.json()
    contact.refresh_from_db()
    assert contact.deleted_at is not None


def test_message_ids_are_unique_per_manager(api, full_api, contact, other_manager):
    send(api, messageId="wamid.1")
    answer = send(full_api, messageId="wamid.1", managerNumber=other_manager.number)
    assert answer.status_code == 200
    assert Message.objects.filter(gateway_id="wamid.1").count() == 2


def test_an_echo_of_our_own_send_returns_that_message(api, contact, ana):
    ours = make_message(
        make_chat(contact), direction="out", sender=str(ana.pk), gateway_id="wamid.7"
    )
    for echoed in (str(ours.uuid), str(ours.uuid).upper(), "wamid.7"):
        answer = send(api, messageId=echoed, **{"from": 5511400011111})
        assert answer.json()["data"] == message_body(ours)
    assert Message.objects.count() == 1


def test_an_unknown_uuid_is_an_ordinary_message_id(api, contact):
    assert stored(send(api, messageId=str(uuid.uuid4()))).direction == "in"


def test_without_a_message_id_the_same_text_is_two_messages(api, contact):
    send(api)
    send(api)
    assert Message.objects.count() == 2


def test_with_an_idempotency_key_it_is_stored_once(api, contact):
    headers = {"Idempotency-Key": "abc"}
    first = api.post(PATH, WHATSAPP_TEXT, headers=headers)
    assert api.post(PATH, WHATSAPP_TEXT, headers=headers).json() == first.json()
    assert Message.objects.count() == 1
