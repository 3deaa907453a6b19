"""The contract's calls about chats: opening, reading, handing over, closing."""

from __future__ import annotations

import pytest

from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.contract.shapes import (
    FACEBOOK_ID,
    NUMBER,
    PAGE,
    PROTOCOL,
    WHATSAPP_ID,
    answered,
    message_shape,
    refused,
)

READ = "/api/chat/message"


def chat_shape(contact_id, *messages, operator=0, **over):
    return {
        "contactId": contact_id,
        "operatorId": operator,
        "messages": list(messages),
        "protocol": PROTOCOL,
    } | over


def said(chat, *contents, **over):
    return [builders.make_message(chat, content=text, **over) for text in contents]


@pytest.mark.parametrize(
    ("path", "body", "contact_id"),
    [
        ("/api/chat/new", {"contactNumber": WHATSAPP_ID}, WHATSAPP_ID),
        ("/api/chat/facebook/new", {"contactId": FACEBOOK_ID}, FACEBOOK_ID),
    ],
)
def test_post_chat_new_opens_a_chat_or_returns_the_open_one(
    api, contact, page_contact, ana, path, body, contact_id
):
    first = api.post(path, body)
    answered(first, chat_shape(contact_id))
    answered(api.post(path, body), first.json()["data"])
    chat = Chat.objects.get()
    said(chat, "oi", "tudo bem?")
    Contact.objects.filter(pk=chat.contact_id).update(operator=ana)
    shape = message_shape("oi") | {"from": contact_id}
    answered(
        api.post(path, body),
        chat_shape(
            contact_id, shape, shape | {"content": "tudo bem?"}, operator=str(ana.pk)
        ),
    )
    assert Chat.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/chat/new", {"contactNumber": 551100000000}),
        ("/api/chat/new", {"contactNumber": FACEBOOK_ID}),
        ("/api/chat/facebook/new", {"contactId": "1"}),
        ("/api/chat/facebook/new", {"contactId": str(WHATSAPP_ID)}),
    ],
)
def test_post_chat_new_refuses_an_unknown_contact(
    api, contact, page_contact, path, body
):
    refused(api.post(path, body), 404, "contact_not_found")


def test_a_chat_has_the_contacts_protocol_unless_an_earlier_chat_has_it(api, contact):
    Contact.objects.update(protocol="BR848a795dsa684d")
    body = {"contactNumber": WHATSAPP_ID}
    first = api.post("/api/chat/new", body).json()["data"]["protocol"]
    assert first == "BR848a795dsa684d"
    api.delete("/api/chat/", {"contactId": WHATSAPP_ID})
    second = api.post("/api/chat/new", body).json()["data"]["protocol"]
    assert second == PROTOCOL
    assert second != first
    contact.refresh_from_db()
    assert contact.protocol == second


def test_a_contact_of_two_managers_is_ambiguous(
    full_api, manager, other_manager, contact
):
    builders.make_contact(other_manager, external_id=str(WHATSAPP_ID))
    for method, path, body in (
        ("POST", "/api/chat/new", {"contactNumber": WHATSAPP_ID}),
        ("DELETE", "/api/chat/", {"contactId": WHATSAPP_ID}),
        ("PUT", "/api/chat/operator", {"contactId": WHATSAPP_ID, "operatorId": 0}),
        ("POST", READ, {"contactId": WHATSAPP_ID, "operatorId": 0}),
    ):
        refused(full_api.call(method, path, body), 409, "ambiguous_contact")
    narrowed = {"contactNumber": WHATSAPP_ID, "number": NUMBER}
    answered(full_api.post("/api/chat/new", narrowed), chat_shape(WHATSAPP_ID))
    assert Chat.objects.get().contact == contact
    narrowed = {"contactNumber": WHATSAPP_ID, "facebookId": other_manager.facebook_id}
    answered(full_api.post("/api/chat/new", narrowed), chat_shape(WHATSAPP_ID))
    assert Chat.objects.count() == 2


def test_an_operator_determines_the_manager_of_the_contact(
    full_api, manager, other_manager, contact, ana
):
    builders.make_contact(other_manager, external_id=str(WHATSAPP_ID))
    said(builders.make_chat(contact), "oi")
    body = {"contactId": WHATSAPP_ID, "operatorId": ana.pk}
    answered(full_api.post(READ, body), [message_shape("oi")])


def test_an_id_of_both_channels_is_ambiguous(api, manager, sales):
    builders.make_contact(manager, external_id="5511", area=sales)
    builders.make_contact(manager, external_id="5511", channel="facebook", area=sales)
    refused(api.delete("/api/chat/", {"contactId": 5511}), 409, "ambiguous_contact")
    answered(api.post("/api/chat/new", {"contactNumber": 5511}), chat_shape(5511))
    answered(
        api.delete("/api/chat/", {"contactId": 5511, "number": NUMBER}), "Chat deleted"
    )
    answered(
        api.post("/api/chat/facebook/new", {"contactId": 5511}), chat_shape("5511")
    )
    answered(
        api.delete("/api/chat/", {"contactId": 5511, "facebookId": PAGE}),
        "Chat deleted",
    )


def test_put_chat_operator_hands_over_and_returns_the_chat(
    api, contact, page_contact, ana, bruno
):
    for row, told in ((contact, WHATSAPP_ID), (page_contact, FACEBOOK_ID)):
        said(builders.make_chat(row), "oi")
        response = api.put(
            "/api/chat/operator", {"contactId": told, "operatorId": str(bruno.pk)}
        )
        data = response.json()["data"]
        data.pop("protocol", None)
        assert data == {
            "contactNumber": told,
            "contactId": told,
            "operatorId": str(bruno.pk),
            "messages": [message_shape("oi") | {"from": told}],
        }
        row.refresh_from_db()
        assert row.operator == bruno


def test_put_chat_operator_with_operator_zero_releases(api, contact, ana):
    builders.make_chat(contact)
    type(contact).objects.update(operator=ana)
    body = {"contactId": WHATSAPP_ID, "operatorId": 0}
    data = api.put("/api/chat/operator", body).json()["data"]
    assert data["operatorId"] == 0
    contact.refresh_from_db()
    assert contact.operator is None


def test_put_chat_operator_refuses(api, contact, ana, other_manager):
    foreign = builders.make_operator(other_manager)
    body = {"contactId": WHATSAPP_ID, "operatorId": str(ana.pk)}
    for over, code in (
        ({"contactId": "551100000000", "operatorId": "9"}, "contact_not_found"),
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"operatorId": str(foreign.pk)}, "operator_not_found"),
        ({}, "chat_not_found"),
    ):
        refused(api.put("/api/chat/operator", body | over), 404, code)
    contact.refresh_from_db()
    assert contact.operator is None


def test_delete_chat_closes_it_and_releases_the_contact(
    api, contact, page_contact, ana
):
    for row, told in ((contact, WHATSAPP_ID), (page_contact, FACEBOOK_ID)):
        chat = builders.make_chat(row, protocol=row.protocol)
        said(chat, "oi")
        type(row).objects.filter(pk=row.pk).update(operator=ana, unread=1)
        answered(api.delete("/api/chat/", {"contactId": told}), "Chat deleted")
        chat.refresh_from_db()
        assert chat.closed_at is not None
        row.refresh_from_db()
        assert (row.operator, row.unread) == (None, 0)
        refused(api.delete("/api/chat/", {"contactId": told}), 404, "chat_not_found")
    assert Message.objects.count() == 2
    refused(
        api.delete("/api/chat/", {"contactId": 551100000000}), 404, "chat_not_found"
    )
