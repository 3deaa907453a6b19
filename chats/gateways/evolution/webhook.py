"""Webhook of Evolution: one event per body, authenticated by an unguessable URL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chats.gateways import parsing
from chats.gateways.base import SessionState
from chats.gateways.error_messages import sentence
from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    Event,
    Ignored,
    Inbound,
    MalformedError,
    Person,
    Reaction,
    Receipt,
    ReceiptStatus,
    Session,
    WebhookItem,
)
from chats.gateways.evolution.content import SILENT, Said, content_of, origin_of
from chats.gateways.jids import is_group, person_id, person_ids
from chats.gateways.parsing import found, text
from chats.gateways.structured_text import call_text
from chats.gateways.webhook_json import masked, read_object

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
# WhatsApp's numbers of protocol message types, beside their names.
EDITS = {"MESSAGE_EDIT", "14", ""}
REVOCATIONS = {"REVOKE", "0"}
MISSED_CALLS = {"timeout", "reject"}


class EvolutionWebhook:
    """Parser of the events of one instance."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        body = read_object(raw)
        if not isinstance(body.get("event"), str):
            raise MalformedError
        account, kept = text(body.get("instance")), masked(body)
        data = kept.get("data")
        if isinstance(data, list) and _event_of(body) in _READERS:
            bodies = [{**kept, "data": item} for item in data]
        else:
            bodies = [kept]
        return [WebhookItem(account, json.dumps(one)) for one in bodies]

    def parse(self, payload: Any) -> list[Event]:
        event = _event_of(payload)
        reader = _READERS.get(event)
        if reader is None:
            return [Ignored(event)]
        data = payload.get("data")
        return [reader(item) for item in (data if isinstance(data, list) else [data])]


def _event_of(body: dict[str, Any]) -> str:
    """Returns the event's name in a uniform spelling."""
    name: str = body["event"]
    return name.lower().replace("_", ".").replace("-", ".")


def _message(data: Any, *, is_api: bool | None = None) -> Event:
    key = data["key"]
    chat = key["remoteJid"]
    if is_group(chat):
        return Ignored("crowd")
    mine = key.get("fromMe") is True
    jids = (chat, key.get("remoteJidAlt"), key.get("senderPn"), key.get("senderLid"))
    # On messages that we sent the name is our own ("Você").
    person = Person(
        person_ids(jids), "" if mine else parsing.name(data.get("pushName"))
    )
    if not person.ids:
        raise ValueError("a message without a person")
    inner = Said(data.get("message"), text(data.get("messageType")))
    if inner.kind in SILENT:
        return Ignored(inner.kind)
    if inner.kind == "protocolMessage":
        return _change(inner.part)
    if inner.kind == "reactionMessage":
        return _reaction(inner.part, person, is_own=mine)
    content = content_of(data, inner)
    context = data.get("contextInfo") or inner.context
    at = parsing.timestamp(data.get("messageTimestamp"))
    name, reply_to = text(key["id"]), text(found(context, "stanzaId"))
    if mine or is_api:
        return Echo(name, person, content, at, is_api=is_api, reply_to=reply_to)
    return Inbound(name, person, content, at, reply_to, origin_of(context))


def _sent(data: Any) -> Event:
    return _message(data, is_api=True)


def _reaction(part: Any, person: Person, *, is_own: bool) -> Event:
    """Parses a reaction; an empty text withdraws it."""
    target = text(found(part, "key", "id"))
    if not target:
        return Ignored("reactionMessage")
    return Reaction(target, person, text(found(part, "text")), is_own=is_own)


def _change(data: Any) -> Event:
    """Parses a message that edits or deletes another."""
    name = text(found(data, "key", "id"))
    kind, edited = text(found(data, "type")), found(data, "editedMessage")
    if name and edited and kind in EDITS:
        new = content_of(data, Said(edited))
        return Edited(name, new.text, parsing.timestamp(found(data, "timestampMs")))
    if name and kind in REVOCATIONS:
        return Deleted(name)
    return Ignored("protocolMessage")


def _deletion(data: Any) -> Event:
    """Parses a deletion: the message's key, or Evolution's row that contains it."""
    key = found(data, "key") or data
    name = text(found(key, "id"))
    return Deleted(name) if name else Ignored("deletion")


def _call(data: Any) -> Event:
    """Parses a call into one message, which says whether it was missed.

    Who ended the call, and whether the phone answered, is not reported.
    """
    if found(data, "isGroup") is True:
        return Ignored("crowd")
    name = f"call:{text(data['id'])}"
    is_video, status = found(data, "isVideo") is True, text(found(data, "status"))
    if status in MISSED_CALLS:
        return Edited(name, call_text(missed=True, video=is_video))
    if status != "offer":
        return Ignored(f"call {status}")
    jids = (data.get("callerPn"), data.get("from"), data.get("chatId"))
    person = Person(person_ids(jids))
    if not person.ids:
        raise ValueError("a call without a person")
    missed = found(data, "offline") is True
    return Inbound(name, person, Content("call", call_text(missed, is_video)))


def _update(data: Any) -> Event:
    """Parses a status, matched by `keyId`: `messageId` is the server's own row."""
    status = STATUSES.get(text(data.get("status")))
    name = text(data.get("keyId") or found(data, "key", "id"))
    if name and data.get("status") == "DELETED":
        return Deleted(name)
    is_mine = data.get("fromMe", found(data, "key", "fromMe")) is True
    if status is None or not name or not is_mine:
        return Ignored("update")
    return Receipt(status, (name,))


def _connection(data: Any) -> Event:
    state = SESSIONS.get(text(data.get("state")), "closed")
    if state == "open":
        number = person_id(data.get("wuid"))
        return Session("open", number=int(number) if number.isdecimal() else None)
    reason = data.get("statusReason")
    # 200 means no reason.
    return Session(state, sentence("not_connected", "" if reason == 200 else reason))


def _status(data: Any) -> Event:
    """Parses the event of an instance that is logged out and stays disconnected."""
    if text(found(data, "status")) != "closed":
        return Ignored("status")
    inner = found(data, "disconnectionReasonCode") or ""
    return Session("closed", sentence("not_connected", inner))


def _gone(data: Any) -> Event:
    return Session("closed", sentence("not_connected"))


def _qr(data: Any) -> Event:
    qr = text(found(data, "qrcode", "code"))
    if qr:
        return Session("qr", sentence("not_connected"), qr)
    return Session("closed", sentence("not_connected", found(data, "message") or ""))


_READERS: dict[str, Callable[[Any], Event]] = {
    "messages.upsert": _message,
    "messages.edited": _change,
    "messages.update": _update,
    "messages.delete": _deletion,
    "send.message": _sent,
    "send.message.update": _change,
    "call": _call,
    "connection.update": _connection,
    "status.instance": _status,
    "logout.instance": _gone,
    "remove.instance": _gone,
    "qrcode.updated": _qr,
}
