"""The contract's call `message/send`, which records messages of other programs."""

from __future__ import annotations

import base64

import pytest

from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.contract.call import PNG, PNG_SIZE
from tests.contract.shapes import (
    FACEBOOK_ID,
    LINK,
    NUMBER,
    PAGE,
    WHATSAPP_ID,
    answered,
    contact_shape,
    message_shape,
    outgoing_shape,
    refused,
)

SEND = "/api/chat/message/send"
TEXT = {
    "contactNumber": WHATSAPP_ID,
    "content": "olá",
    "type": "text",
    "from": WHATSAPP_ID,
    "managerNumber": NUMBER,
}
FILE = {
    "contactNumber": WHATSAPP_ID,
    "url": "exampleUrl.com",
    "type": "image",
    "from": WHATSAPP_ID,
    "managerNumber": NUMBER,
}
PAGE_TEXT = {
    "contactId": FACEBOOK_ID,
    "content": "text of the message",
    "facebookId": PAGE,
    "type": "text",
    "from": FACEBOOK_ID,
}
PAGE_FILE = {
    "supertype": "audio",
    "url": "url.com",
    "from": FACEBOOK_ID,
    "contactId": FACEBOOK_ID,
    "facebookId": PAGE,
}


def encoded(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(raw).decode()


def test_the_four_documented_bodies(api, contact, page_contact):
    by_page = {"from": FACEBOOK_ID}
    answered(api.post(SEND, PAGE_TEXT), message_shape("text of the message") | by_page)
    answered(
        api.post(SEND, PAGE_FILE),
        message_shape("Arquivo em anexo", type="audio", url="url.com") | by_page,
    )
    answered(
        api.post(SEND, TEXT | {"content": encoded("olá, Maria"), "type": "base64"}),
        message_shape("olá, Maria"),
    )
    answered(
        api.post(SEND, FILE | {"operatorId": "Operator Id"}),
        message_shape("Arquivo em anexo", type="image", url="exampleUrl.com"),
    )
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}),
        {
            "contacts": [
                contact_shape(contact, unread=2),
                contact_shape(page_contact, unread=2),
            ]
        },
    )


@pytest.mark.parametrize(
    ("body", "name", "sa"),
    [(TEXT, str(WHATSAPP_ID), -100), (PAGE_TEXT, FACEBOOK_ID, 1)],
)
def test_a_missing_contact_and_chat_are_created(api, manager, body, name, sa):
    assert api.post(SEND, body).status_code == 200
    contact = Contact.objects.get()
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}),
        {"contacts": [contact_shape(contact, name=name, sa=sa, unread=1, area="")]},
    )
    chat = Chat.objects.get(closed_at=None)
    assert chat.protocol == contact.protocol


def test_a_deleted_contact_is_restored(api, contact):
    api.post(SEND, TEXT)
    api.delete("/api/user/contact/", {"number": NUMBER, "contactNumber": WHATSAPP_ID})
    answered(api.post(SEND, TEXT), message_shape("olá"))
    shown = api.post("/api/user/contact/get", {"number": NUMBER}).json()["data"]
    assert [one["unread"] for one in shown["contacts"]] == [1]
    assert shown["contacts"][0]["name"] == "Maria Souza"


def test_a_text_is_stored_unchanged(api, contact):
    for text in ("b2k=", "  espaços  ", "a\r\nb\tc", "😀", "<b>", encoded("olá")):
        answered(api.post(SEND, TEXT | {"content": text}), message_shape(text))
    typeless = {name: value for name, value in TEXT.items() if name != "type"}
    answered(api.post(SEND, typeless | {"content": "b2k="}), message_shape("b2k="))
    answered(api.post(SEND, TEXT | {"content": 12345}), message_shape("12345"))


def test_base64_that_is_not_strict_utf8_text_is_stored_unchanged(api, contact):
    kept = [
        "not base64!", "b2k", "b2k= ", "b2\nk=", "b2k=x", "b2k_", encoded(b"\xff\xfe"),
        encoded("a\x00b"), encoded("a\x07b"), encoded("a\x1b[0m"), encoded("a\x7f"),
        encoded("a\x85b"),
    ]  # fmt: skip
    for content in kept:
        body = TEXT | {"type": "base64", "content": content}
        answered(api.post(SEND, body), message_shape(content))
    decoded = {encoded("linha\noutra\tcoluna"): "linha\noutra\tcoluna"}
    for content, text in decoded.items():
        body = TEXT | {"type": "base64", "content": content}
        answered(api.post(SEND, body), message_shape(text))


def test_supertype_replaces_a_missing_type(api, contact):
    typeless = {name: value for name, value in FILE.items() if name != "type"}
    for sent, stored in (
        ({"supertype": "video"}, "video"),
        ({"type": "pdf"}, "pdf"),
        ({"supertype": "sticker_2-x"}, "sticker_2-x"),
        ({}, "file"),
    ):
        answered(
            api.post(SEND, typeless | sent),
            message_shape("Arquivo em anexo", type=stored, url="exampleUrl.com"),
        )


@pytest.mark.parametrize("kind", ["Image", "a b", "x" * 33, "é", "a/b", "<b>"])
def test_a_type_that_is_not_a_word_is_an_invalid_field(api, contact, kind):
    refused(api.post(SEND, FILE | {"type": kind}), 400, "invalid", fields=["type"])


def test_a_sender_other_than_the_contact_is_outgoing(api, contact, ana):
    for sender in (str(ana.pk), "bot", str(NUMBER), "Operator Id"):
        answered(
            api.post(SEND, TEXT | {"from": sender}),
            outgoing_shape("olá", sender, status="sent"),
        )
    refused(api.post(SEND, TEXT | {"from": "x" * 65}), 400, "invalid", fields=["from"])
    shown = api.post("/api/user/contact/get", {"number": NUMBER}).json()["data"]
    assert shown["contacts"][0]["unread"] == 0
    assert shown["contacts"][0]["lastMessageAt"] is not None


def test_from_is_normalised_before_it_is_compared(api, manager):
    body = TEXT | {"contactNumber": 5511987654321}
    for spelling in ("+55 (11) 98765-4321", "551187654321", 5511987654321):
        answered(
            api.post(SEND, body | {"from": spelling}),
            message_shape("olá") | {"from": 5511987654321},
        )


def test_a_message_id_is_stored_once_and_returned_again(api, contact):
    first = api.post(SEND, TEXT | {"messageId": "wamid.1"})
    answered(first, message_shape("olá"))
    again = api.post(SEND, TEXT | {"messageId": "wamid.1", "content": "outra"})
    assert again.content == first.content
    assert Message.objects.count() == 1
    contact.refresh_from_db()
    assert contact.unread == 1


def test_a_message_id_is_unique_per_manager(full_api, manager, other_manager):
    full_api.post(SEND, TEXT | {"messageId": "1"})
    full_api.post(
        SEND, TEXT | {"messageId": "1", "managerNumber": other_manager.number}
    )
    assert Message.objects.count() == 2


def test_an_echo_of_our_own_send_returns_that_message(api, contact, ana):
    sent = api.post(
        "/api/chat/message/send/operator/8080",
        {"operatorId": str(ana.pk), "contactNumber": WHATSAPP_ID, "content2": "olá"},
    ).json()["data"]
    echo = api.post(SEND, TEXT | {"from": str(NUMBER), "messageId": sent["id"]})
    assert echo.json()["data"]["id"] == sent["id"]
    assert Message.objects.count() == 1


def test_a_timestamp_becomes_created_at_without_changing_the_order(api, contact, ana):
    for stamp, told in (
        (1767268800, "2026-01-01T12:00:00.000Z"),
        ("1767268799", "2026-01-01T11:59:59.000Z"),
        (1767268801123, "2026-01-01T12:00:01.123Z"),
    ):
        data = api.post(SEND, TEXT | {"timestamp": stamp}).json()["data"]
        assert data["createdAt"] == told
    messages = api.post(
        "/api/chat/message", {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    ).json()["data"]
    assert [message["createdAt"][14:19] for message in messages] == [
        "00:00",
        "59:59",
        "00:01",
    ]
    shown = api.post("/api/user/contact/get", {"number": NUMBER}).json()["data"]
    assert shown["contacts"][0]["lastMessageAt"] == "2026-01-01T12:00:01.123Z"
    for wrong in ("yesterday", -1, [], True, 10**30):
        refused(
            api.post(SEND, TEXT | {"timestamp": wrong}),
            400,
            "invalid",
            fields=["timestamp"],
        )


def test_bytes_take_precedence_over_a_link(api, contact):
    answered(
        api.post(SEND, FILE | {"base64": PNG}),
        message_shape("Arquivo em anexo", type="image", url=LINK, fileSize=PNG_SIZE),
    )
    without = {name: value for name, value in FILE.items() if name != "url"}
    answered(
        api.post(SEND, without | {"base64": PNG}),
        message_shape("Arquivo em anexo", type="image", url=LINK, fileSize=PNG_SIZE),
    )


def test_bytes_of_another_type_than_declared_are_stored_as_a_file(api, contact):
    for over, size in (
        ({"base64": PNG.replace("image/png", "audio/ogg")}, PNG_SIZE),
        ({"base64": PNG, "type": "audio"}, PNG_SIZE),
        ({"base64": "data:image/png;base64," + encoded("plain words")}, 11),
    ):
        answered(
            api.post(SEND, FILE | over),
            message_shape("Arquivo em anexo", type="file", url=LINK, fileSize=size),
        )


def without(body, *names):
    return {name: value for name, value in body.items() if name not in names}


def test_message_send_refuses(api, manager, other_manager):
    for body, fields in (
        (without(TEXT, "from"), ["from"]),
        (without(TEXT, "content"), ["content"]),
        (without(FILE, "url"), None),
        (without(TEXT, "managerNumber"), None),
        (without(TEXT, "contactNumber"), None),
        (TEXT | {"content": "x" * 65537}, ["content"]),
        (TEXT | {"messageId": "x" * 256}, ["messageId"]),
        (FILE | {"url": "x" * 2049}, ["url"]),
    ):
        response = api.post(SEND, body)
        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (400, "invalid"), body
        assert error["fields"]
        if fields:
            assert set(error["fields"]) == set(fields)
    refused(api.post(SEND, TEXT | {"managerNumber": 1}), 404, "manager_not_found")
    refused(api.post(SEND, PAGE_TEXT | {"facebookId": "1"}), 404, "manager_not_found")
    assert not Contact.objects.exists()
    assert api.post(SEND, TEXT | {"content": "é" * 65536}).status_code == 200


def test_ids_of_two_managers_are_invalid(full_api, manager, other_manager):
    body = TEXT | {"facebookId": other_manager.facebook_id}
    response = full_api.post(SEND, body)
    assert response.json()["error"]["code"] == "invalid"
    both_mine = TEXT | {"facebookId": PAGE}
    assert full_api.post(SEND, both_mine).status_code == 200


def test_the_first_message_of_a_second_chat_does_not_reopen_the_first(
    api, contact, ana
):
    api.post(SEND, TEXT | {"content": "antes"})
    api.delete("/api/chat/", {"contactId": WHATSAPP_ID})
    api.post(SEND, TEXT | {"content": "depois"})
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    answered(api.post("/api/chat/message", body), [message_shape("depois")])
    assert builders.Chat.objects.filter(closed_at=None).count() == 1
