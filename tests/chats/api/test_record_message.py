"""POST api/chat/message/send: received messages, and those of the bot."""

from __future__ import annotations

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chats.models import Chat, Delivery, Message
from contacts.models import Contact
from tests.builders import make_chat, make_contact, make_message
from tests.chats.api.recording import (
    FACEBOOK_FILE,
    FACEBOOK_TEXT,
    PATH,
    WHATSAPP_FILE,
    WHATSAPP_TEXT,
    send,
    stored,
    wrong_fields,
)
from tests.chats.shapes import message_body


def b64(text):
    return base64.b64encode(text.encode()).decode()


def test_a_facebook_text(api, page_contact):
    message = stored(send(api, FACEBOOK_TEXT))
    assert (message.content, message.type) == ("text of the message", "text")
    assert (message.direction, message.status, message.sender) == ("in", "wait", "")
    assert message.contact == page_contact
    assert message_body(message)["from"] == "7418252963"
    assert not Delivery.objects.exists()


def test_a_facebook_file(api, page_contact):
    message = stored(send(api, FACEBOOK_FILE))
    assert (message.content, message.type) == ("Arquivo em anexo", "audio")
    assert message.url == "url.com"


def test_a_whatsapp_text(api, contact):
    answer = send(api)
    message = stored(answer)
    data = answer.json()["data"]
    assert list(data)[:4] == ["content", "type", "from", "status"]
    assert {**data, "id": ..., "createdAt": ...} == {
        "content": "Text of a message",
        "type": "text",
        "from": 551133334444,
        "status": "wait",
        "id": ...,
        "createdAt": ...,
        "direction": "in",
    }
    contact.refresh_from_db()
    assert contact.unread == 1
    assert contact.last_message_at == message.created_at


@pytest.mark.parametrize("kind", ["image", "pdf", "audio", "video", "x-1_y"])
def test_a_whatsapp_file(api, contact, kind):
    message = stored(send(api, WHATSAPP_FILE, type=kind, content="dropped"))
    assert (message.content, message.type) == ("Arquivo em anexo", kind)
    assert message_body(message)["url"] == "exampleUrl.com"


def test_forms_are_accepted(api, contact):
    message = stored(api.post(PATH + "/", form=WHATSAPP_TEXT))
    assert message.direction == "in"


def test_it_is_stored_in_the_open_chat(api, contact):
    make_message(make_chat(contact, closed_at="2026-01-01T00:00Z"))
    chat = make_chat(contact)
    send(api)
    assert Message.objects.get(content="Text of a message").chat == chat
    assert Chat.objects.count() == 2


def test_an_unknown_customer_becomes_a_contact_with_a_chat(api, manager):
    message = stored(send(api, contactNumber="+55 (11) 2222-1111", **{"from": ...}
                          | {"from": "551122221111"}))  # fmt: skip
    contact = Contact.objects.get()
    assert message.contact == contact
    assert (contact.name, contact.external_id) == ("551122221111", "551122221111")
    assert (contact.sa, contact.unread, contact.operator) == (-100, 1, None)
    chat = Chat.objects.get()
    assert chat.protocol == contact.protocol
    assert list(chat.events.values_list("kind", flat=True)) == ["opened"]


def test_a_new_facebook_customer_starts_at_his_step(api, manager):
    stored(send(api, FACEBOOK_TEXT))
    contact = Contact.objects.get()
    assert (contact.channel, contact.sa, contact.name) == ("facebook", 1, "7418252963")


def test_a_deleted_contact_is_restored_as_a_new_one(api, contact, ana):
    contact.operator = ana
    contact.sa = 7
    contact.save()
    chat = make_chat(contact)
    make_message(chat)
    api.delete(
        "/api/user/contact/", {"number": 5511400011111, "contactNumber": 551133334444}
    )
    assert send(api).status_code == 200
    contact.refresh_from_db()
    assert contact.deleted_at is None
    assert (contact.sa, contact.operator, contact.unread) == (-100, None, 1)
    assert Message.objects.filter(chat=Chat.objects.open().get()).count() == 1


def test_another_spelling_of_the_number_is_the_same_contact(api, manager):
    contact = make_contact(manager, external_id="5511987654321")
    message = stored(
        send(api, contactNumber=551187654321, **{"from": "+55 11 98765-4321"})
    )
    assert (message.contact, message.direction) == (contact, "in")
    assert message_body(message)["from"] == 5511987654321


@pytest.mark.parametrize(
    "name", ["551133334444@c.us", "551133334444@s.whatsapp.net", "551133334444:7@c.us"]
)
def test_from_may_be_a_whatsapp_jid(api, contact, name):
    assert stored(send(api, **{"from": name})).direction == "in"


@pytest.mark.parametrize("sender", ["Bot", 5511400011111, "x" * 64, "0", "Ação 1"])
def test_a_message_not_from_the_contact_is_outgoing(api, contact, sender):
    message = stored(send(api, **{"from": sender}))
    assert (message.direction, message.status) == ("out", "sent")
    assert message.sender == str(sender)
    contact.refresh_from_db()
    assert contact.unread == 0
    assert contact.last_message_at == message.created_at
    assert not Delivery.objects.exists()


def test_a_message_from_the_page_is_outgoing(api, page_contact):
    message = stored(send(api, FACEBOOK_TEXT, **{"from": 369258147}))
    assert (message.direction, message.sender) == ("out", "369258147")


def test_a_whatsapp_contact_without_a_phone_is_identified_by_its_id(api, manager):
    person = "BR.1502576394655843"
    message = stored(send(api, contactNumber=..., contactId=person, **{"from": person}))
    assert message.contact.channel == "whatsapp"
    assert (message.direction, message_body(message)["from"]) == ("in", person)


def test_a_contact_id_that_is_a_valid_phone_number_is_a_phone(api, contact):
    body = {"contactNumber": ..., "contactId": "+55 11 3333-4444"}
    assert stored(send(api, **body)).contact == contact


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b64("Olá,\n\tMaria 😀"), "Olá,\n\tMaria 😀"),
        (b64("uma\r\noutra"), "uma\r\noutra"),
        (b64("sino\x07"), b64("sino\x07")),
        (b64("c1\x85"), b64("c1\x85")),
        (b64("apagado\x7f"), b64("apagado\x7f")),
        (b64("só um\r"), b64("só um\r")),
        ("Bom dia", "Bom dia"),
        ("casa", "casa"),
        ("/w==", "/w=="),
        (b64("quebrada") + "\n", b64("quebrada") + "\n"),
        (b64("sem fim").rstrip("="), b64("sem fim").rstrip("=")),
        (b64("meia\u00e7ao"), "meiaçao"),
    ],
)
def test_base64_content_is_decoded(api, contact, sent, kept):
    message = stored(send(api, type="base64", content=sent))
    assert (message.type, message.content) == ("text", kept)


def test_a_text_that_looks_like_base64_is_stored_unchanged(api, contact):
    assert stored(send(api, type="text", content=b64("x"))).content == b64("x")


def test_texts_of_any_script_and_the_maximum_length_are_stored(api, contact):
    text = "ção 😀 \u202e שלום\n" + "x" * (65_536 - 13)
    assert len(text) == 65_536
    assert stored(send(api, content=text)).content == text


def test_a_longer_text_is_refused_and_as_base64_only_when_decoded(api, contact):
    assert wrong_fields(send(api, content="x" * 65_537)) == {"content"}
    longest = "😀" * 65_536
    assert wrong_fields(send(api, type="base64", content=b64(longest + "!"))) == {
        "content"
    }
    assert stored(send(api, type="base64", content=b64(longest))).content == longest


def test_supertype_replaces_a_missing_type(api, contact):
    message = stored(send(api, WHATSAPP_FILE, type=..., supertype="sticker"))
    assert message.type == "sticker"


def test_without_a_type_it_is_a_text_or_a_file(api, contact):
    assert stored(send(api, type=...)).type == "text"
    Message.objects.all().delete()
    assert stored(send(api, WHATSAPP_FILE, type=...)).type == "file"
    Message.objects.all().delete()
    assert stored(send(api, type=..., url="url.com")).type == "text"


def test_the_operator_field_is_ignored(api, contact):
    for operator in ("Operator Id", 7, None, {"a": []}):
        assert send(api, operatorId=operator).status_code == 200
    contact.refresh_from_db()
    assert contact.operator is None


@pytest.mark.parametrize(
    ("timestamp", "created_at"),
    [
        (1700000000, "2023-11-14T22:13:20.000Z"),
        (1700000000123, "2023-11-14T22:13:20.123Z"),
        ("1700000000", "2023-11-14T22:13:20.000Z"),
    ],
)
def test_a_timestamp_becomes_created_at(api, contact, timestamp, created_at):
    assert send(api, timestamp=timestamp).json()["data"]["createdAt"] == created_at


def test_last_message_at_is_the_latest_time_and_the_order_that_of_arrival(api, contact):
    newest = stored(send(api, timestamp=1700000000))
    send(api, timestamp=1600000000, content="late")
    contact.refresh_from_db()
    assert contact.last_message_at == newest.created_at
    assert contact.unread == 2
    answer = api.post("/api/chat/message", {"operatorId": 0, "contactId": 551133334444})
    contents = [message["content"] for message in answer.json()["data"]]
    assert contents == ["Text of a message", "late"]


def statements_of(call):
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code == 200
    return [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]


def test_a_known_customers_message_needs_three_queries(api, contact):
    make_chat(contact)
    assert len(statements_of(lambda: send(api, messageId="wamid.1"))) <= 3


def test_a_message_that_opens_a_chat_needs_at_most_seven_queries(api, contact):
    assert len(statements_of(lambda: send(api, messageId="wamid.1"))) <= 7
