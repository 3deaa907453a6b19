"""The rows of the contract about chats: opening, reading, handing over, closing."""

from __future__ import annotations

import pytest

from chats.models import Chat, Message
from contacts.models import Contact
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import (
    FACEBOOK_ID,
    NUMBER,
    PAGE,
    PROTOCOL,
    WHATSAPP_ID,
    answered,
    contact_shape,
    message_shape,
    outgoing_shape,
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
def test_post_chat_new_opens_a_chat_and_again_answers_the_open_one(
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


def test_a_chats_protocol_is_the_contacts_until_an_earlier_chat_bears_it(api, contact):
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


def test_a_chat_of_a_contact_that_two_managers_have_is_never_guessed(
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


def test_an_operator_narrows_which_contact_is_meant(
    full_api, manager, other_manager, contact, ana
):
    builders.make_contact(other_manager, external_id=str(WHATSAPP_ID))
    said(builders.make_chat(contact), "oi")
    body = {"contactId": WHATSAPP_ID, "operatorId": ana.pk}
    answered(full_api.post(READ, body), [message_shape("oi")])


def test_an_id_of_both_channels_is_never_guessed(api, manager, sales):
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


def test_post_message_answers_all_messages_oldest_first(api, contact, ana):
    chat = builders.make_chat(contact)
    said(chat, "1")
    said(chat, "2", direction="out", sender=str(ana.pk), status="sent")
    said(chat, "3", direction="out", sender="bot", status="failed", error="Sem sinal.")
    said(chat, "Arquivo em anexo", type="image", url="url.com", status="read")
    expected = [
        message_shape("1"),
        outgoing_shape("2", ana, status="sent"),
        outgoing_shape("3", "bot", status="failed", error="Sem sinal."),
        message_shape("Arquivo em anexo", type="image", url="url.com", status="read"),
    ]
    for operator in (ana.pk, 0):
        body = {"operatorId": operator, "contactId": WHATSAPP_ID}
        answered(api.post(READ, body), expected)


def test_a_facebook_contacts_messages_come_from_a_text(api, page_contact, ana):
    said(builders.make_chat(page_contact), "oi")
    body = {"operatorId": str(ana.pk), "contactId": int(FACEBOOK_ID)}
    answered(api.post(READ, body), [message_shape("oi") | {"from": FACEBOOK_ID}])


def test_post_message_is_chat_not_found_whatever_is_missing(
    api, contact, page_contact, ana, bruno
):
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    refused(api.post(READ, body), 404, "chat_not_found")
    unknown = api.post(READ, body | {"contactId": "551100000000"})
    refused(unknown, 404, "chat_not_found")
    chat = builders.make_chat(contact)
    said(chat, "oi")
    # An operator who may not see the contact: the same bytes.
    hidden = api.post(READ, body | {"operatorId": str(bruno.pk)})
    assert hidden.content == unknown.content
    assert (
        signed_in(bruno.user).post(READ, body | {"operatorId": str(bruno.pk)}).content
        == unknown.content
    )
    from django.utils import timezone

    Chat.objects.update(closed_at=timezone.now())
    refused(api.post(READ, body), 404, "chat_not_found")
    answered(api.post(READ, body | {"closed": True}), [message_shape("oi")])


def test_an_operators_session_reads_as_himself(contact, ana, bruno):
    said(builders.make_chat(contact), "oi")
    body = {"operatorId": str(bruno.pk), "contactId": WHATSAPP_ID}
    refused(signed_in(ana.user).post(READ, body), 403, "forbidden")


def test_a_supervisor_reads_in_anybodys_name(contact, supervisor, ana):
    said(builders.make_chat(contact), "oi")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    answered(signed_in(supervisor).post(READ, body), [message_shape("oi")])


def test_post_message_cuts_out_a_window(api, contact, ana):
    ids = [
        str(message.uuid) for message in said(builders.make_chat(contact), *"abcdefgh")
    ]

    def window(**over):
        body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID} | over
        data = api.post(READ, body).json()["data"]
        return "".join(message["content"] for message in data)

    assert window() == "abcdefgh"
    assert window(limit=3) == "fgh"
    assert window(limit="3") == "fgh"
    assert window(limit=1000) == "abcdefgh"
    assert window(before=ids[4]) == "abcd"
    assert window(before=ids[4], limit=2) == "cd"
    assert window(after=ids[4]) == "fgh"
    assert window(after=ids[1], limit=2) == "gh"
    assert window(after=ids[1], before=ids[6]) == "cdef"
    assert window(after=ids[1], before=ids[6], limit=3) == "def"
    assert window(after=ids[7]) == ""
    assert window(before=ids[0]) == ""
    assert window(after=ids[6], before=ids[1]) == ""


def test_post_message_refuses_a_window_that_cannot_be(api, contact, page_contact, ana):
    said(builders.make_chat(contact), "oi")
    [elsewhere] = said(builders.make_chat(page_contact), "oi")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    unknown = "00000000-0000-4000-8000-000000000000"
    for name, values in {
        "limit": (0, 1001, -1, "x", 1.5, True),
        "before": ("x", unknown, str(elsewhere.uuid), 5, []),
        "after": ("x", unknown, str(elsewhere.uuid), 5, []),
        "closed": ("maybe", 2, []),
    }.items():
        for value in values:
            response = api.post(READ, body | {name: value})
            refused(response, 400, "invalid", fields=[name])


def test_closed_adds_the_earlier_chats(api, contact, ana):
    from django.utils import timezone

    for text in ("first", "second"):
        chat = builders.make_chat(contact)
        said(chat, text)
        chat.closed_at = timezone.now()
        chat.save()
    said(builders.make_chat(contact), "third")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    answered(api.post(READ, body), [message_shape("third")])
    answered(
        api.post(READ, body | {"closed": True}),
        [message_shape(text) for text in ("first", "second", "third")],
    )
    answered(
        api.post(READ, None, form={**body, "closed": "true", "limit": "2"}),
        [message_shape(text) for text in ("second", "third")],
    )
    answered(api.post(READ, body | {"closed": False}), [message_shape("third")])


def test_put_chat_operator_hands_over_and_answers_the_chat(
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


def test_put_chat_operator_with_nobody_releases(api, contact, ana):
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


def test_post_message_read_answers_the_contact_with_nothing_unread(api, contact, ana):
    chat = builders.make_chat(contact, protocol=contact.protocol)
    messages = said(chat, "1", "2")
    type(contact).objects.update(unread=2, last_message_at=messages[-1].created_at)
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    answered(
        api.post("/api/chat/message/read", body),
        contact_shape(contact, unread=0),
    )
    answered(
        api.post(READ, body),
        [message_shape(text, status="read") for text in "12"],
    )
    answered(api.post("/api/chat/message/read", body), contact_shape(contact, unread=0))


def test_post_message_read_refuses_like_reading(api, contact, ana, bruno):
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    refused(api.post("/api/chat/message/read", body), 404, "chat_not_found")
    builders.make_chat(contact)
    for over, code in (
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"operatorId": str(bruno.pk)}, "chat_not_found"),
        ({"contactId": "551100000000"}, "chat_not_found"),
    ):
        refused(api.post("/api/chat/message/read", body | over), 404, code)
