"""Closes chats and reads their transcripts in tests."""

from __future__ import annotations

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.models import Note
from tests import builders


def say(chat, text, sender="", **over):
    direction = "out" if sender else "in"
    values = {"content": text, "sender": sender, "direction": direction}
    return builders.make_message(chat, **values | over)


def close(chat, reason=""):
    contact = chat.contact
    contact.refresh_from_db()
    assert close_chat_of_locked(contact, actor=Actor("key:1"), reason=reason)


def ask(api, chat, **fields):
    headers = fields.pop("headers", None)
    body = {"protocol": chat.protocol} | fields
    return api.post("/api/chat/transcript", body, headers=headers)


def transcript(api, chat, **fields):
    response = ask(api, chat, **fields)
    assert response.status_code == 200, response.content
    return response.json()["data"]


def said(api, chat, **fields):
    lines = transcript(api, chat, **fields)["lines"]
    return [(line["who"], line["text"]) for line in lines]


def page(client, link):
    response = client.get(link.removeprefix("http://testserver"))
    return response.status_code, response.content.decode()


def note(chat, text, **over):
    return Note.objects.create(chat=chat, text=text, **over)
