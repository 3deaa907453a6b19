"""What Evolution tells: one event a body, no signature but an unguessable address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chats.gateways import readings
from chats.gateways.base import Media, SessionState
from chats.gateways.bodies import masked, read_object
from chats.gateways.events import (
    Ack,
    Content,
    Deleted,
    Echo,
    Event,
    Inbound,
    MalformedError,
    Person,
    Piece,
    ReceiptStatus,
    Session,
    Unwanted,
)
from chats.gateways.readings import found, text
from chats.gateways.reasons import sentence
from chats.gateways.whatsapp_web import is_crowd, person_id, person_ids

STATUSES: dict[str, ReceiptStatus] = {
    "SERVER_ACK": "sent",
    "DELIVERY_ACK": "delivered",
    "READ": "read",
    "PLAYED": "read",
    "ERROR": "failed",
}
SESSIONS: dict[str, SessionState] = {
    "open": "open",
    "connecting": "connecting",
    "close": "closed",
    "refused": "closed",
}
FILES = {
    "imageMessage": "image",
    "stickerMessage": "image",
    "audioMessage": "audio",
    "videoMessage": "video",
    "ptvMessage": "video",
    "documentMessage": "file",
}
LONGEST_MEDIA_TEXT = 36 * 2**20


class EvolutionWebhook:
    """Events of one instance."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[Piece]:
        body = read_object(raw)
        if not isinstance(body.get("event"), str):
            raise MalformedError
        return [Piece(text(body.get("instance")), json.dumps(masked(body)))]

    def parse(self, payload: Any) -> list[Event]:
        event = payload["event"].lower().replace("_", ".").replace("-", ".")
        data = payload.get("data")
        if event == "messages.upsert":
            items = data if isinstance(data, list) else [data]
            return [_message(item) for item in items]
        if event == "send.message":
            return [_message(data, is_api=True)]
        if event == "messages.update":
            items = data if isinstance(data, list) else [data]
            return [_update(item) for item in items]
        if event == "connection.update":
            return [_connection(data)]
        if event == "qrcode.updated":
            return [_qr(data)]
        return [Unwanted(event)]


def _message(data: Any, *, is_api: bool | None = None) -> Event:
    key = data["key"]
    chat = key["remoteJid"]
    if is_crowd(chat):
        return Unwanted("crowd")
    mine = key.get("fromMe") is True
    jids = (chat, key.get("remoteJidAlt"), key.get("senderPn"), key.get("senderLid"))
    # On what we sent the name is our own ("Você").
    person = Person(
        person_ids(jids), "" if mine else readings.name(data.get("pushName"))
    )
    if not person.ids:
        raise ValueError("a message without a person")
    content = _content(data)
    if content is None:
        return Unwanted(text(data.get("messageType")) or "nothing")
    at = readings.moment(data.get("messageTimestamp"))
    name = text(key["id"])
    if mine or is_api:
        return Echo(name, person, content, at, is_api=is_api)
    return Inbound(name, person, content, at)


_SILENT = {
    "reactionMessage",
    "protocolMessage",
    "pollUpdateMessage",
    "senderKeyDistributionMessage",
    "editedMessage",
}


def _content(data: Any) -> Content | None:
    kind = text(data.get("messageType"))
    message = data.get("message")
    if kind in _SILENT:
        return None
    if kind == "documentWithCaptionMessage":
        kind = "documentMessage"
        inner = found(message, "documentWithCaptionMessage", "message")
        message = {**(message or {}), **(inner or {})}
    said = found(message, "conversation") or found(
        message, "extendedTextMessage", "text"
    )
    if said:
        return Content("text", text(said))
    part = found(message, kind)
    if kind in FILES and isinstance(part, dict):
        return Content(FILES[kind], text(part.get("caption")), _media(data, part))
    if kind == "locationMessage":
        lat, long = (found(part, f"degrees{k}") for k in ("Latitude", "Longitude"))
        return Content("location", readings.place(lat, long, found(part, "name")))
    if kind == "contactMessage":
        return Content("contacts", text(found(part, "displayName")) or "…")
    chosen = found(part, "selectedDisplayText") or found(part, "title")
    if chosen:
        return Content("text", text(chosen))
    shown = kind.removesuffix("Message")
    return Content(readings.kind(shown), readings.placeholder(shown))


def _media(data: Any, part: dict[str, Any]) -> Media:
    delivered = found(data, "message", "base64") or part.get("base64")
    return Media(
        mime=text(part.get("mimetype")).partition(";")[0].strip(),
        name=text(part.get("fileName")),
        base64=text(delivered, longest=LONGEST_MEDIA_TEXT),
        id=text(found(data, "key", "id")),
    )


def _update(data: Any) -> Event:
    """Matched by `keyId`: `messageId` is the server's own row."""
    status = STATUSES.get(text(data.get("status")))
    name = text(data.get("keyId") or found(data, "key", "id"))
    if name and data.get("status") == "DELETED":
        return Deleted(name)
    is_mine = data.get("fromMe", found(data, "key", "fromMe")) is True
    if status is None or not name or not is_mine:
        return Unwanted("update")
    return Ack(status, (name,))


def _connection(data: Any) -> Event:
    state = SESSIONS.get(text(data.get("state")), "closed")
    if state == "open":
        number = person_id(data.get("wuid"))
        return Session("open", number=int(number) if number.isdecimal() else None)
    reason = sentence("not_connected", data.get("statusReason") or "")
    return Session(state, reason)


def _qr(data: Any) -> Event:
    qr = text(found(data, "qrcode", "code"))
    if qr:
        return Session("qr", sentence("not_connected"), qr)
    return Session("closed", sentence("not_connected", found(data, "message") or ""))
