"""Webhook of Messenger: one piece for each event of each page in a body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    Event,
    Ignored,
    Inbound,
    Person,
    Reaction,
    Receipt,
    Watermark,
    WebhookItem,
)
from chats.gateways.graph import Secrets, signed_pieces
from chats.gateways.messenger.content import contents_of
from chats.gateways.messenger.occurrences import OCCURRENCES
from chats.gateways.messenger.origins import origin_of_message, origin_of_referral
from chats.gateways.messenger.persons import NO_PERSON, person_of
from chats.gateways.parsing import found, listed, text

OBJECT = "page"
# Older reactions have only a name.
EMOJIS = {
    "like": "👍",
    "dislike": "👎",
    "love": "❤",
    "smile": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
}
_FRAME = {"sender", "recipient", "timestamp", "page", "prior_message"}


class MessengerWebhook:
    """Parser of the events of pages, signed with the app's secret."""

    def __init__(self, secrets: Callable[[], Secrets]) -> None:
        self._secrets = secrets

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        return signed_pieces(self._secrets(), headers, raw, _pieces)

    def parse(self, payload: Any) -> list[Event]:
        for name, reader in _READERS.items():
            if isinstance(part := payload.get(name), dict):
                return reader(payload, part)
        return [Ignored(next((k for k in payload if k not in _FRAME), "nothing"))]


def _pieces(body: dict[str, Any]) -> Iterator[WebhookItem]:
    # The same address receives events of other objects that an app may have.
    if body.get("object") != OBJECT:
        return
    for entry in listed(body, "entry"):
        page = text(found(entry, "id"))
        # `standby` has the events that come while another app handles the conversation.
        for event in (*listed(entry, "messaging"), *listed(entry, "standby")):
            if isinstance(event, dict):
                yield WebhookItem(page, json.dumps({**event, "page": page}))


def _message(payload: dict[str, Any], message: dict[str, Any]) -> list[Event]:
    mid = text(message["mid"])
    if message.get("is_deleted"):
        return [Deleted(mid)]
    at = parsing.timestamp(payload.get("timestamp"))
    is_echo = bool(message.get("is_echo"))
    person = person_of(payload, "recipient" if is_echo else "sender")
    if person is None:
        return [NO_PERSON]
    parts = [
        (mid if n == 0 else f"{mid}#{n}", content)
        for n, content in enumerate(contents_of(message))
    ]
    quoted = text(found(message, "reply_to", "mid"))
    if is_echo:
        uuid = text(message.get("metadata"))
        return [
            Echo(name, person, content, at, uuid if n == 0 else "", reply_to=quoted)
            for n, (name, content) in enumerate(parts)
        ]
    origin = origin_of_message(payload, message)
    return [
        Inbound(
            name, person, content, at, reply_to=quoted, origin=None if n else origin
        )
        for n, (name, content) in enumerate(parts)
    ]


def _edit(payload: dict[str, Any], edit: dict[str, Any]) -> list[Event]:
    at = parsing.timestamp(payload.get("timestamp"))
    return [Edited(text(edit["mid"]), text(edit.get("text")), at)]


def _reaction(payload: dict[str, Any], reaction: dict[str, Any]) -> list[Event]:
    is_own = text(found(payload, "sender", "id")) == payload.get("page")
    person = person_of(payload, "recipient" if is_own else "sender")
    if person is None:
        return [NO_PERSON]
    emoji = ""
    if reaction.get("action") != "unreact":
        named = EMOJIS.get(text(reaction.get("reaction")), "")
        emoji = text(reaction.get("emoji"), longest=64) or named
        if not emoji:
            return [Ignored("reaction")]
    return [Reaction(text(reaction["mid"]), person, emoji, is_own=is_own)]


def _postback(payload: dict[str, Any], postback: dict[str, Any]) -> list[Event]:
    person = person_of(payload)
    if person is None:
        return [NO_PERSON]
    stamp = text(payload.get("timestamp"))
    # Postbacks of old apps have no mid; person and time identify them.
    mid = text(postback.get("mid")) or f"postback:{person.ids[0]}:{stamp}"
    said = text(postback.get("title")) or text(postback.get("payload"))
    return [
        Inbound(
            mid,
            person,
            Content(
                "text",
                said or s.arrival_text(""),
                tapped=text(postback.get("payload")),
            ),
            parsing.timestamp(stamp),
            origin=origin_of_referral(postback.get("referral")),
        )
    ]


def _delivery(payload: dict[str, Any], delivery: dict[str, Any]) -> list[Event]:
    mids = tuple(text(mid) for mid in listed(delivery, "mids"))
    events: list[Event] = [Receipt("delivered", mids)] if mids else []
    return events + _watermark("delivered", payload, delivery)


def _read(payload: dict[str, Any], read: dict[str, Any]) -> list[Event]:
    return _watermark("read", payload, read)


def _watermark(status: Any, payload: dict[str, Any], read: Any) -> list[Event]:
    until = parsing.stamp(found(read, "watermark"))
    psid = text(found(payload, "sender", "id"))
    return [Watermark(status, Person((psid,)), until)] if until and psid else []


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], list[Event]]] = {
    "message": _message,
    "message_edit": _edit,
    "reaction": _reaction,
    "postback": _postback,
    "delivery": _delivery,
    "read": _read,
    **OCCURRENCES,
}
