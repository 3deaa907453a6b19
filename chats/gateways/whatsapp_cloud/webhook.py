"""What the Cloud API tells: one piece for each message or receipt in a body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chats.gateways import readings
from chats.gateways.base import Media
from chats.gateways.events import (
    Ack,
    Content,
    Echo,
    Event,
    Inbound,
    Linked,
    Person,
    Piece,
    ReceiptStatus,
    Unwanted,
)
from chats.gateways.graph import Secrets, signed_pieces
from chats.gateways.readings import found, listed, text

STATUSES: dict[str, ReceiptStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
FILES = {
    "image": "image",
    "audio": "audio",
    "voice": "audio",
    "video": "video",
    "document": "file",
    "sticker": "image",
}


class WhatsAppCloudWebhook:
    """Changes of business accounts, signed with the app's secret."""

    def __init__(self, secrets: Callable[[], Secrets]) -> None:
        self._secrets = secrets

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[Piece]:
        return signed_pieces(self._secrets(), headers, raw, _pieces)

    def parse(self, payload: Any) -> list[Event]:
        if "message" in payload:
            return _message(payload["message"], payload.get("contact"))
        if "echo" in payload:
            return _echo(payload["echo"])
        if "status" in payload:
            return _status(payload["status"])
        return [Unwanted(text(payload.get("field")) or "nothing")]


def _pieces(body: dict[str, Any]) -> Iterator[Piece]:
    for entry in listed(body, "entry"):
        for change in listed(entry, "changes"):
            yield from _pieces_of_change(change)


def _pieces_of_change(change: Any) -> Iterator[Piece]:
    value = found(change, "value")
    account = text(found(value, "metadata", "phone_number_id"))
    contacts = listed(value, "contacts")
    for message in listed(value, "messages"):
        contact = _contact_of(message, contacts)
        yield Piece(account, json.dumps({"message": message, "contact": contact}))
    for echo in listed(value, "message_echoes"):
        yield Piece(account, json.dumps({"echo": echo}))
    for status in listed(value, "statuses"):
        yield Piece(account, json.dumps({"status": status}))
    if not any(listed(value, k) for k in ("messages", "message_echoes", "statuses")):
        field = {"field": found(change, "field"), "errors": found(value, "errors")}
        yield Piece(account, json.dumps(field))


def _contact_of(message: Any, contacts: list[Any]) -> Any:
    """The profile of a message's sender; a body may hold several."""
    senders = {found(message, "from"), found(message, "from_user_id")} - {None}
    for contact in contacts:
        if senders & {found(contact, "wa_id"), found(contact, "user_id")}:
            return contact
    return contacts[0] if len(contacts) == 1 else None


def _message(message: dict[str, Any], contact: Any) -> list[Event]:
    kind = message["type"]
    if message.get("group_id"):
        return [Unwanted("group")]
    if kind in ("reaction", "request_welcome"):
        return [Unwanted(kind)]
    ids = (
        message.get("from"),
        found(contact, "wa_id"),
        message.get("from_user_id"),
        found(contact, "user_id"),
    )
    person = Person(_ordered(ids), readings.name(found(contact, "profile", "name")))
    if kind == "system":
        new = text(found(message, "system", "wa_id"))
        both = Person(_ordered((*person.ids, new)), person.name)
        return [Linked(both)] if new else [Unwanted("system")]
    if not person.ids:
        raise ValueError("a message without a sender")
    at = readings.moment(message.get("timestamp"))
    return [Inbound(text(message["id"]), person, _content(message), at)]


def _ordered(ids: tuple[Any, ...]) -> tuple[str, ...]:
    """Each once: phones first, since answers go to the first."""
    known = dict.fromkeys(text(one) for one in ids if one)
    return tuple(sorted(known, key=lambda one: not one.isdecimal()))


def _echo(echo: dict[str, Any]) -> list[Event]:
    """What the owner typed in the Business app."""
    person = Person((text(echo["to"]),))
    at = readings.moment(echo.get("timestamp"))
    return [Echo(text(echo["id"]), person, _content(echo), at, is_api=False)]


def _content(message: dict[str, Any]) -> Content:
    kind = text(message["type"])
    part = message.get(kind)
    if kind in FILES and isinstance(part, dict):
        media = Media(
            mime=text(part.get("mime_type")).partition(";")[0].strip(),
            name=text(part.get("filename")),
            id=text(part.get("id")),
            sha256=text(part.get("sha256")),
        )
        return Content(FILES[kind], text(part.get("caption")), media)
    if kind == "location":
        lat, long = found(part, "latitude"), found(part, "longitude")
        return Content("location", readings.place(lat, long, found(part, "name")))
    said = (
        found(part, "body")
        or found(part, "text")
        or found(part, "button_reply", "title")
        or found(part, "list_reply", "title")
        or found(part, "nfm_reply", "body")
    )
    if kind in ("text", "button", "interactive") and said:
        return Content("text", text(said))
    if kind == "contacts" and isinstance(part, list):
        names = (text(found(card, "name", "formatted_name")) for card in part)
        return Content("contacts", ", ".join(filter(None, names)) or "…")
    return Content(readings.kind(kind), readings.placeholder(kind))


def _status(status: dict[str, Any]) -> list[Event]:
    lifted = STATUSES.get(status["status"])
    if lifted is None:
        return [Unwanted(text(status["status"]))]
    error = found(status, "errors", 0)
    said = found(error, "error_data", "details") or found(error, "title")
    uuid = text(status.get("biz_opaque_callback_data"))
    return [Ack(lifted, (text(status["id"]),), uuid, text(said) if error else "")]
