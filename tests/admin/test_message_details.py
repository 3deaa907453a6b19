"""Details of a message besides its content, in the back-office."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chats.models import Attachment, MessageVersion
from tests.admin.test_chats import listed
from tests.builders import make_chat, make_message

CHATS, MESSAGES = "/admin/chats/chat/", "/admin/chats/message/"
ORIGIN = {"kind": "ad", "ref": "1234", "title": "Bolos <b>", "url": "fb.me/x"}
PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture
def talked(contact):
    """Returns a chat with one message of each kind; the file is quoted and edited."""
    closed = make_chat(contact, closed_at=datetime.now(UTC))
    earlier = make_message(closed, content="Dito antes")
    chat = make_chat(contact)
    file = make_message(
        chat,
        type="image",
        content="Arquivo em anexo",
        details={
            "caption": "Meu bolo",
            "fileName": "bolo.png",
            "origin": ORIGIN,
            "edited": "2026-11-20T12:00:00.000Z",
            "reactions": [
                {"from": "", "emoji": "❤️"},
                {"from": "5511", "emoji": "👍"},
            ],
        },
    )
    Attachment.objects.create(
        message=file, file="ab/cd", mime="image/png", size=2048, sha256="0" * 64
    )
    MessageVersion.objects.create(
        message=file, text="Me bolo", written_at=file.created_at
    )
    make_message(
        chat,
        content="Segredo",
        details={
            "replyTo": str(earlier.uuid),
            "deleted": "2026-11-21T12:00:00.000Z",
        },
    )
    return chat


def shown(desk, row, path):
    answer = desk.get(f"{path}{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


SHOWN = (
    "Meu bolo",
    "bolo.png",
    "2.0\xa0KB",
    "Bolos &lt;b&gt;",
    "1234",
    "Ad",
    "Edited",
    "Me bolo",
    "❤️ Maria Souza",
    "👍 5511",
)


def test_the_conversation_shows_the_details(desk, talked):
    page = shown(desk, talked, CHATS)
    for what in (*SHOWN, "Dito antes", "Segredo", "Deleted by its sender"):
        assert what in page


def test_the_page_of_a_message_shows_the_details(desk, talked):
    file, deleted = talked.messages.order_by("pk")
    page = shown(desk, file, MESSAGES)
    for what in SHOWN:
        assert what in page
    page = shown(desk, deleted, MESSAGES)
    for what in ("Dito antes", "Segredo", "Deleted by its sender"):
        assert what in page


def test_a_plain_message_shows_no_details(desk, contact):
    message = make_message(make_chat(contact))
    for row, path in ((message, MESSAGES), (message.chat, CHATS)):
        page = shown(desk, row, path)
        for word in (
            "Came from",
            "Edited",
            "Deleted by",
            "In reply to",
            "bo-reactions",
        ):
            assert word not in page


def test_the_list_shows_captions_and_filters_by_origin(desk, talked):
    file = talked.messages.order_by("pk")[0]
    assert "Meu bolo" in desk.get(MESSAGES).content.decode()
    assert listed(desk, MESSAGES, origin="ad") == [file]
    assert listed(desk, MESSAGES, origin="post") == []


def test_a_long_conversation_needs_no_more_queries(desk, talked):
    shown(desk, talked, CHATS)  # Loads what the process caches, such as content types.
    with CaptureQueriesContext(connection) as few:
        shown(desk, talked, CHATS)
    for message in list(talked.messages.all()):
        for _ in range(5):
            make_message(talked, details=message.details)
    with CaptureQueriesContext(connection) as many:
        shown(desk, talked, CHATS)
    assert len(many) == len(few)


def test_senders_texts_are_escaped(desk, contact):
    chat = make_chat(contact)
    details = {
        "caption": PAYLOAD,
        "fileName": PAYLOAD,
        "origin": dict.fromkeys(("ref", "title", "url"), PAYLOAD) | {"kind": "ad"},
        "edited": "2026-11-20T12:00:00.000Z",
        "reactions": [{"from": PAYLOAD, "emoji": PAYLOAD}],
    }
    quoted = make_message(chat, details=details)
    MessageVersion.objects.create(
        message=quoted, text=PAYLOAD, written_at=quoted.created_at
    )
    quotes = make_message(chat, details={"replyTo": str(quoted.uuid)})
    for row, path in ((chat, CHATS), (quoted, MESSAGES), (quotes, MESSAGES)):
        assert "<img src=x" not in shown(desk, row, path)
    assert "<img src=x" not in desk.get(MESSAGES).content.decode()
