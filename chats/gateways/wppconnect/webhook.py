"""What WPPConnect tells: one event a body, without signature or repetition."""

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
from chats.gateways.whatsapp_web import is_crowd, person_ids

SESSIONS: dict[str, SessionState] = {
    "inChat": "open",
    "isLogged": "open",
    "qrReadSuccess": "connecting",
    "notLogged": "closed",
    "qrReadError": "closed",
    "qrReadFail": "closed",
    "disconnectedMobile": "closed",
    "deviceNotConnected": "closed",
    "autocloseCalled": "closed",
    "browserClose": "closed",
    "serverClose": "closed",
    "deleteToken": "closed",
}
FILES = {
    "image": "image",
    "sticker": "image",
    "audio": "audio",
    "ptt": "audio",
    "video": "video",
    "document": "file",
}
_SILENT = {"e2e_notification", "notification", "protocol", "gp2", "reaction", "revoked"}
LONGEST_MEDIA_TEXT = 36 * 2**20


class WPPConnectWebhook:
    """Events of one session."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[Piece]:
        body = read_object(raw)
        if not isinstance(body.get("event"), str):
            raise MalformedError
        return [Piece(text(body.get("session")), json.dumps(masked(body)))]

    def parse(self, payload: Any) -> list[Event]:
        event = payload["event"]
        if event in ("onmessage", "onselfmessage"):
            return [_message(payload)]
        if event == "unreadmessages":
            return [_message(item) for item in readings.listed(payload, "data")]
        if event == "onack":
            return [_ack(payload)]
        if event == "onrevokedmessage" and payload.get("refId"):
            return [Deleted(serialized(payload["refId"]))]
        if event == "status-find":
            return [_status(text(payload.get("status")))]
        if event == "qrcode":
            qr = text(payload.get("urlcode")) or text(payload.get("qrcode"))
            return [Session("qr", sentence("not_connected"), qr)]
        if event in ("closesession", "logoutsession"):
            return [Session("closed", sentence("not_connected"))]
        return [Unwanted(event)]


def serialized(name: Any) -> str:
    """A message id, which comes as text or as an object."""
    return text(found(name, "_serialized") or name)


def _message(data: Any) -> Event:
    mine = data.get("fromMe") is True or data.get("event") == "onselfmessage"
    chat = data["to"] if mine else data["from"]
    kind = text(data.get("type"))
    if data.get("isGroupMsg") or is_crowd(chat) or is_crowd(data.get("chatId")):
        return Unwanted("crowd")
    if kind in _SILENT:
        return Unwanted(kind)
    sender = {} if mine else data.get("sender")
    shown = found(sender, "pushname") or data.get("notifyName")
    photo = text(found(sender, "profilePicThumbObj", "eurl"))
    person = Person(
        person_ids((chat, found(data, "chatId"), found(sender, "id"))),
        "" if mine else readings.name(shown or found(sender, "formattedName")),
        photo if photo.startswith("https://") and len(photo) <= 2048 else "",
    )
    if not person.ids:
        raise ValueError("a message without a person")
    at = readings.moment(data.get("t") or data.get("timestamp"))
    name = serialized(data["id"])
    if mine:
        return Echo(name, person, _content(data, kind), at)
    return Inbound(name, person, _content(data, kind), at)


def _content(data: Any, kind: str) -> Content:
    if kind == "chat":
        return Content("text", text(data.get("body") or data.get("content")) or "…")
    if kind in FILES:
        # The body holds the bytes when the server downloads by itself.
        media = Media(
            mime=text(data.get("mimetype")).partition(";")[0].strip(),
            name=text(data.get("filename")),
            base64=text(data.get("body"), longest=LONGEST_MEDIA_TEXT),
            id=serialized(data["id"]),
        )
        return Content(FILES[kind], text(data.get("caption")), media)
    if kind == "location":
        place = readings.place(data.get("lat"), data.get("lng"), data.get("loc"))
        return Content("location", place)
    if kind == "vcard":
        return Content("contacts", text(data.get("vcardFormattedName")) or "…")
    if kind in ("list_response", "buttons_response", "template_button_reply"):
        return Content("text", text(data.get("body")) or "…")
    return Content(readings.kind(kind), readings.placeholder(kind))


def _ack(data: Any) -> Event:
    """Fires for what came in too, and with an object for an id."""
    ack = data.get("ack")
    mine = found(data, "id", "fromMe")
    if mine is None:
        mine = serialized(data.get("id")).startswith("true_")
    status = _ack_status(ack)
    if not mine or status is None:
        return Unwanted("ack")
    return Ack(status, (serialized(data["id"]),))


def _ack_status(ack: Any) -> ReceiptStatus | None:
    if not isinstance(ack, int) or isinstance(ack, bool):
        return None
    if ack < 0:
        return "failed"
    known: dict[int, ReceiptStatus] = {1: "sent", 2: "delivered", 3: "read", 4: "read"}
    return known.get(ack)


def _status(said: str) -> Event:
    state = SESSIONS.get(said)
    if state is None:
        return Unwanted(said or "status")
    return Session(state, "" if state == "open" else sentence("not_connected", said))
