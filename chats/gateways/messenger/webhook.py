"""What Messenger tells: one piece for each event of each page in a body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chats.gateways import readings
from chats.gateways.base import Media
from chats.gateways.events import (
    Ack,
    Content,
    Deleted,
    Echo,
    Event,
    Inbound,
    Person,
    Piece,
    Unwanted,
    Watermark,
)
from chats.gateways.graph import Secrets, signed_pieces
from chats.gateways.readings import found, listed, text

FILES = {"image": "image", "audio": "audio", "video": "video", "file": "file"}
# A sticker is a picture.
FILES["sticker"] = "image"


class MessengerWebhook:
    """Events of pages, signed with the app's secret."""

    def __init__(self, secrets: Callable[[], Secrets]) -> None:
        self._secrets = secrets

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[Piece]:
        return signed_pieces(self._secrets(), headers, raw, _pieces)

    def parse(self, payload: Any) -> list[Event]:
        message = payload.get("message")
        if isinstance(message, dict):
            return _message(payload, message)
        if "postback" in payload:
            return _postback(payload)
        if "delivery" in payload:
            return _delivery(payload)
        if "read" in payload:
            return _watermark("read", payload["sender"]["id"], payload["read"])
        return [Unwanted(next((k for k in payload if k not in _FRAME), "nothing"))]


_FRAME = {"sender", "recipient", "timestamp"}


def _pieces(body: dict[str, Any]) -> Iterator[Piece]:
    for entry in listed(body, "entry"):
        # The second is what comes while another app answers the person.
        for event in (*listed(entry, "messaging"), *listed(entry, "standby")):
            yield Piece(text(found(entry, "id")), json.dumps(event))


def _message(payload: dict[str, Any], message: dict[str, Any]) -> list[Event]:
    mid = text(message["mid"])
    if message.get("is_deleted"):
        return [Deleted(mid)]
    at = readings.moment(payload.get("timestamp"))
    parts = [
        (mid if n == 0 else f"{mid}#{n}", content)
        for n, content in enumerate(_contents(message))
    ]
    if message.get("is_echo"):
        person = Person((text(payload["recipient"]["id"]),))
        uuid = text(message.get("metadata"))
        return [
            Echo(name, person, content, at, uuid if n == 0 else "")
            for n, (name, content) in enumerate(parts)
        ]
    person = Person((text(payload["sender"]["id"]),))
    return [Inbound(name, person, content, at) for name, content in parts]


def _contents(message: dict[str, Any]) -> list[Content]:
    """The text and each attachment by itself; never nothing."""
    contents = [_attachment(item) for item in listed(message, "attachments")]
    said = text(message.get("text"))
    if said:
        contents.insert(0, Content("text", said))
    return contents or [Content("unsupported", readings.placeholder("unsupported"))]


def _attachment(item: Any) -> Content:
    kind = text(found(item, "type"))
    link = found(item, "payload", "url")
    if kind in FILES and isinstance(link, str) and link.startswith("http"):
        return Content(FILES[kind], media=Media(url=link))
    if kind == "location":
        lat, long = (found(item, "payload", "coordinates", k) for k in ("lat", "long"))
        return Content("location", readings.place(lat, long))
    title = text(found(item, "title"))
    if kind == "fallback" and title:
        return Content("text", title)
    return Content(readings.kind(kind), readings.placeholder(kind))


def _postback(payload: dict[str, Any]) -> list[Event]:
    postback = payload["postback"]
    person = Person((text(payload["sender"]["id"]),))
    # Old apps' postbacks have no mid; their time is theirs alone.
    mid = (
        text(postback.get("mid")) or f"postback:{person.ids[0]}:{payload['timestamp']}"
    )
    said = text(postback.get("title")) or text(postback.get("payload"))
    at = readings.moment(payload.get("timestamp"))
    return [Inbound(mid, person, Content("text", said or "…"), at)]


def _delivery(payload: dict[str, Any]) -> list[Event]:
    mids = tuple(text(mid) for mid in listed(payload, "delivery", "mids"))
    events: list[Event] = [Ack("delivered", mids)] if mids else []
    return events + _watermark(
        "delivered", payload["sender"]["id"], payload["delivery"]
    )


def _watermark(status: Any, psid: Any, news: Any) -> list[Event]:
    until = readings.stamp(found(news, "watermark"))
    return [Watermark(status, Person((text(psid),)), until)] if until else []
