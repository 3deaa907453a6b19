"""The contract's calls that read a chat and mark it read."""

from __future__ import annotations

from chats.models import Chat
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import (
    FACEBOOK_ID,
    WHATSAPP_ID,
    answered,
    contact_shape,
    message_shape,
    outgoing_shape,
    refused,
)

READ = "/api/chat/message"


def said(chat, *contents, **over):
    return [builders.make_message(chat, content=text, **over) for text in contents]


def test_post_message_returns_all_messages_oldest_first(api, contact, ana):
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


def test_the_sender_of_a_facebook_contacts_message_is_a_text(api, page_contact, ana):
    said(builders.make_chat(page_contact), "oi")
    body = {"operatorId": str(ana.pk), "contactId": int(FACEBOOK_ID)}
    answered(api.post(READ, body), [message_shape("oi") | {"from": FACEBOOK_ID}])


def test_post_message_is_chat_not_found_for_every_missing_row(
    api, contact, page_contact, ana, bruno
):
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    refused(api.post(READ, body), 404, "chat_not_found")
    unknown = api.post(READ, body | {"contactId": "551100000000"})
    refused(unknown, 404, "chat_not_found")
    chat = builders.make_chat(contact)
    said(chat, "oi")
    # For an operator who may not see the contact: the same bytes.
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


def test_a_supervisor_reads_for_any_operator(contact, supervisor, ana):
    said(builders.make_chat(contact), "oi")
    body = {"operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    answered(signed_in(supervisor).post(READ, body), [message_shape("oi")])


def test_post_message_returns_a_window(api, contact, ana):
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


def test_post_message_refuses_an_impossible_window(api, contact, page_contact, ana):
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


def test_post_message_read_returns_the_contact_without_unread_messages(
    api, contact, ana
):
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
