"""DELETE api/chat/."""

from __future__ import annotations

import pytest

from chats.models import Chat, ChatEvent, Message
from tests.builders import make_chat, make_contact, make_message
from tests.conftest import signed_in

PATH = "/api/chat/"


@pytest.fixture
def chat(contact, ana):
    contact.operator = ana
    contact.unread = 1
    contact.save()
    chat = make_chat(contact)
    make_message(chat)
    return chat


def test_it_closes_the_chat_and_releases_the_contact(api, contact, chat):
    answer = api.delete(PATH, {"contactId": 551133334444})
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": "Chat deleted"}
    chat.refresh_from_db()
    contact.refresh_from_db()
    assert chat.closed_at is not None
    assert (contact.operator, contact.unread) == (None, 0)
    assert contact.deleted_at is None
    assert Message.objects.count() == 1
    assert ChatEvent.objects.get().kind == "closed"


def test_a_second_time_there_is_no_chat(api, chat):
    api.delete(PATH, {"contactId": 551133334444})
    answer = api.delete(PATH, {"contactId": 551133334444})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "chat_not_found"


def test_the_fields_may_stand_in_the_query_string(api, chat):
    answer = api.delete(PATH + "?contactId=551133334444")
    assert answer.json() == {"success": True, "data": "Chat deleted"}


def test_a_facebook_chat_is_closed(api, page_contact):
    make_chat(page_contact)
    answer = api.delete("/api/chat", {"contactId": "7418252963"})
    assert answer.json() == {"success": True, "data": "Chat deleted"}
    assert not Chat.objects.open().exists()


def test_an_unknown_contact_has_no_chat(api, other_api, chat):
    unknown = api.delete(PATH, {"contactId": 551100000000})
    foreign = other_api.delete(PATH, {"contactId": 551133334444})
    assert unknown.status_code == foreign.status_code == 404
    assert unknown.json()["error"]["code"] == "chat_not_found"
    assert unknown.content == foreign.content
    chat.refresh_from_db()
    assert chat.closed_at is None


def test_a_contact_is_required(api):
    answer = api.delete(PATH)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["contactId"]


def test_an_ambiguous_contact_is_refused(full_api, chat, ana, other_manager):
    make_chat(make_contact(other_manager, external_id="551133334444"))
    answer = full_api.delete(PATH, {"contactId": 551133334444})
    assert answer.json()["error"]["code"] == "ambiguous_contact"
    narrowed = {"contactId": 551133334444, "number": other_manager.number}
    assert full_api.delete(PATH, narrowed).status_code == 200
    chat.refresh_from_db()
    assert chat.closed_at is None
    narrowed = {"contactId": 551133334444, "operatorId": ana.pk}
    assert full_api.delete(PATH, narrowed).status_code == 200
    chat.refresh_from_db()
    assert chat.closed_at is not None


def test_an_operator_closes_only_visible_chats(contact, chat, ana, bruno):
    body = {"contactId": 551133334444}
    assert signed_in(bruno.user).delete(PATH, body).status_code == 404
    assert signed_in(ana.user).delete(PATH, body).status_code == 200
