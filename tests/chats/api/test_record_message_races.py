"""POST api/chat/message/send from simultaneous callers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from chats.models import Chat, Message
from contacts.models import Contact
from tests.conftest import Api

PATH = "/api/chat/message/send"
BODY = {
    "managerNumber": 5511400011111,
    "contactNumber": 5511987654321,
    "from": 5511987654321,
    "content": "Oi",
}


def at_once(number: int, call: Callable[[int], Any]) -> list[Any]:
    """Returns the results of `call` for 0, 1, 2 …, all started at the same time."""
    start = Barrier(number)

    def run(n: int) -> Any:
        try:
            start.wait(timeout=30)
            return call(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def same_key(api: Api) -> Api:
    fresh = Api()
    fresh.headers = api.headers
    return fresh


@pytest.mark.django_db(transaction=True)
def test_twenty_first_messages_are_one_contact_one_chat_twenty_messages(api):
    spellings = [5511987654321, 551187654321]

    def send(n: int) -> Any:
        number = spellings[n % 2]
        body = {**BODY, "contactNumber": number, "from": number, "content": str(n)}
        return same_key(api).post(PATH, body)

    answers = at_once(20, send)
    assert [answer.status_code for answer in answers] == [200] * 20
    contact, chat = Contact.objects.get(), Chat.objects.get()
    assert Message.objects.filter(chat=chat, direction="in").count() == 20
    assert contact.unread == 20
    assert chat.events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_with_one_message_id_store_one_message(api):
    answers = at_once(
        10, lambda _: same_key(api).post(PATH, {**BODY, "messageId": "wamid.1"})
    )
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.content for answer in answers}) == 1
    assert Message.objects.count() == 1
    assert Contact.objects.get().unread == 1


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_with_one_message_id_store_one_file(api, settings, contact):
    body = {
        **BODY,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "messageId": "wamid.1",
        "base64": "data:application/pdf;base64,JVBERi0xLjQK",
        "type": "pdf",
    }
    answers = at_once(6, lambda _: same_key(api).post(PATH, body))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert len([f for f in settings.MEDIA_ROOT.rglob("*") if f.is_file()]) == 1


@pytest.mark.django_db(transaction=True)
def test_no_message_is_stored_in_a_chat_that_is_already_closed(api, contact):
    """In any order, each message is in the chat that was open when it arrived."""
    here = {**BODY, "contactNumber": 551133334444, "from": 551133334444}
    same_key(api).post(PATH, here)

    def act(n: int) -> Any:
        if n % 3 == 0:
            return same_key(api).delete("/api/chat/", {"contactId": 551133334444})
        return same_key(api).post(PATH, here)

    answers = at_once(15, act)
    assert {answer.status_code for answer in answers} <= {200, 404}
    assert Message.objects.count() == 11
    for chat in Chat.objects.all():
        last = chat.messages.order_by("-created_at").first()
        assert chat.closed_at is None or last.created_at <= chat.closed_at
    contact.refresh_from_db()
    unread = Message.objects.filter(chat__closed_at=None, status="wait").count()
    assert contact.unread == unread


@pytest.mark.django_db(transaction=True)
def test_the_unread_count_is_right_after_reading_while_messages_arrive(api, contact):
    here = {**BODY, "contactNumber": 551133334444, "from": 551133334444}
    same_key(api).post(PATH, here)
    read = {"operatorId": 0, "contactId": 551133334444}

    def act(n: int) -> Any:
        if n % 3 == 0:
            return same_key(api).post("/api/chat/message/read", read)
        return same_key(api).post(PATH, here)

    assert {answer.status_code for answer in at_once(18, act)} == {200}
    contact.refresh_from_db()
    assert Message.objects.filter(status="wait").count() == contact.unread
