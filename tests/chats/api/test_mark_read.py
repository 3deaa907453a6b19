"""POST api/chat/message/read."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chats.conversations import reading
from contacts.models import Contact
from tests.builders import make_chat, make_message
from tests.conftest import signed_in

PATH = "/api/chat/message/read"


@pytest.fixture
def unread(contact):
    """Two unread messages, among others, in the open chat."""
    contact.unread = 2
    contact.save()
    chat = make_chat(contact)
    return [
        make_message(chat, status="read"),
        make_message(chat, direction="out", sender="bot", status="wait"),
        make_message(chat),
        make_message(chat),
    ]


def body_of(ana, **more):
    return {"operatorId": ana.pk, "contactId": "551133334444", **more}


def statuses(messages):
    for message in messages:
        message.refresh_from_db()
    return [message.status for message in messages]


def test_it_returns_the_contact_without_unread_messages(api, contact, unread, ana):
    answer = api.post(PATH, body_of(ana))
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": {
            "id": 551133334444,
            "name": "Maria Souza",
            "photo": "",
            "area": "vendas",
            "operatorId": "0",
            "protocol": contact.protocol,
            "sa": -100,
            "channel": "whatsapp",
            "unread": 0,
            "lastMessageAt": None,
        },
    }
    assert statuses(unread) == ["read", "wait", "read", "read"]
    contact.refresh_from_db()
    assert contact.unread == 0
    assert api.post(PATH, body_of(ana)).json() == answer.json()


def test_a_message_that_comes_later_is_unread_again(api, contact, unread, ana):
    api.post(PATH, body_of(ana))
    api.post(
        "/api/chat/message/send",
        {
            "managerNumber": contact.manager.number,
            "contactNumber": 551133334444,
            "from": 551133334444,
            "content": "Ainda aí?",
        },
    )
    contact.refresh_from_db()
    assert contact.unread == 1
    assert api.post(PATH, body_of(ana)).json()["data"]["unread"] == 0


def test_messages_of_closed_chats_are_unchanged(api, contact, ana):
    closed = make_message(make_chat(contact, closed_at=timezone.now()))
    contact.unread = 1
    contact.save()
    current = make_message(make_chat(contact))
    api.post(PATH, body_of(ana))
    assert statuses([closed, current]) == ["wait", "read"]


def test_messages_of_a_chat_opened_meanwhile_are_marked_as_read(
    api, contact, unread, ana, monkeypatch
):
    """The chat is closed and reopened between the lookup and the update."""
    find = reading.find_conversation
    later = []

    def find_and_reopen(*args, **kwargs):
        found = find(*args, **kwargs)
        contact.chats.update(closed_at=timezone.now())
        later.append(make_message(make_chat(contact)))
        Contact.objects.update(unread=1)
        return found

    monkeypatch.setattr(reading, "find_conversation", find_and_reopen)
    assert api.post(PATH, body_of(ana)).json()["data"]["unread"] == 0
    assert statuses(later) == ["read"]


def test_it_has_the_errors_of_reading(api, contact, unread, ana, bruno):
    for body, code in (
        (body_of(ana, operatorId=999999999), "operator_not_found"),
        (body_of(bruno), "chat_not_found"),
        (body_of(ana, contactId=551100000000), "chat_not_found"),
    ):
        answer = api.post(PATH, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
    assert api.post(PATH, {}).status_code == 400
    assert statuses(unread) == ["read", "wait", "wait", "wait"]


def test_without_an_open_chat_nothing_is_marked(api, contact, ana):
    make_chat(contact, closed_at=timezone.now())
    answer = api.post(PATH, body_of(ana))
    assert answer.json()["error"]["code"] == "chat_not_found"


def test_a_session_reads_only_for_its_own_operator(
    contact, unread, ana, bruno, supervisor
):
    assert signed_in(ana.user).post(PATH, body_of(bruno)).status_code == 403
    assert signed_in(supervisor).post(PATH, body_of(ana)).status_code == 200
    assert signed_in(ana.user).post(PATH, body_of(ana)).status_code == 200


def test_operator_zero_may_mark_as_read(api, contact, unread, ana):
    answer = api.post(PATH, body_of(ana, operatorId=0))
    assert answer.json()["data"]["unread"] == 0
