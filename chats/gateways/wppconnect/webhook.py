"""Webhook of WPPConnect: one event per body, without signature or redelivery."""

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
from chats.gateways.jids import is_group, person_id, person_ids, serialized
from chats.gateways.parsing import found, listed, text
from chats.gateways.structured_text import call_text, vote_text
from chats.gateways.webhook_json import masked, read_object
from chats.gateways.wppconnect.content import SILENT, content_of, origin_of

SESSIONS: dict[str, SessionState] = {
    "inChat": "open",
    "isLogged": "open",
    "qrReadSuccess": "connecting",
    "notLogged": "closed",
    "qrReadError": "closed",
    "qrReadFail": "closed",
    "disconnectedMobile": "closed",
    # Spelled this way by older versions.
    "desconnectedMobile": "closed",
    "phoneNotConnected": "closed",
    "deviceNotConnected": "closed",
    "autocloseCalled": "closed",
    "browserClose": "closed",
    "serverClose": "closed",
    "deleteToken": "closed",
}


class WPPConnectWebhook:
    """Parser of the events of one session."""

    def receive(self, headers: Mapping[str, str], raw: bytes) -> list[WebhookItem]:
        body = read_object(raw)
        if not isinstance(body.get("event"), str):
            raise MalformedError
        return [WebhookItem(text(body.get("session")), json.dumps(masked(body)))]

    def parse(self, payload: Any) -> list[Event]:
        event = payload["event"]
        reader = _READERS.get(event)
        return [Ignored(event) if reader is None else reader(payload)]


def _message(data: Any) -> Event:
    """Parses a message that arrives, or that is unread when a session starts."""
    mine = data.get("fromMe") is True or data.get("event") == "onselfmessage"
    chat = data["to"] if mine else data["from"]
    kind = text(data.get("type"))
    if data.get("isGroupMsg") or is_group(chat) or is_group(data.get("chatId")):
        return Ignored("crowd")
    if kind in SILENT:
        return Ignored(kind)
    sender = {} if mine else data.get("sender")
    shown = found(sender, "pushname") or data.get("notifyName")
    photo = text(found(sender, "profilePicThumbObj", "eurl"))
    person = Person(
        person_ids((chat, found(data, "chatId"), found(sender, "id"))),
        "" if mine else parsing.name(shown or found(sender, "formattedName")),
        photo if photo.startswith("https://") and len(photo) <= 2048 else "",
    )
    if not person.ids:
        raise ValueError("a message without a person")
    at = parsing.timestamp(data.get("t") or data.get("timestamp"))
    name, content = serialized(data["id"]), content_of(data, kind)
    reply_to = _quoted(data, serialized(chat))
    if mine:
        return Echo(name, person, content, at, reply_to=reply_to)
    return Inbound(name, person, content, at, reply_to, origin_of(data))


def _quoted(data: Any, chat: str) -> str:
    """Returns the full id of the quoted message.

    If the server does not have that message itself, it sends only the last part of the
    id and the sender.
    """
    if whole := serialized(data.get("quotedMsgId")):
        return whole
    name = text(data.get("quotedStanzaID"))
    if not name or "_" in name:
        return name
    writer = person_id(data.get("quotedParticipant"))
    return f"{'false' if writer == person_id(chat) else 'true'}_{chat}_{name}"


def _revocation(data: Any) -> Event:
    name = serialized(data.get("refId"))
    return Deleted(name) if name else Ignored("onrevokedmessage")


def _reaction(data: Any) -> Event:
    """Parses a reaction; its own id contains the chat and whether it is ours."""
    target, own = serialized(data.get("msgId")), data.get("id")
    parts = serialized(own).split("_")
    chat = found(own, "remote") or (parts[1] if len(parts) > 2 else "")
    if is_group(chat):
        return Ignored("crowd")
    person = Person(person_ids((chat,)))
    if not target or not person.ids:
        return Ignored("onreactionmessage")
    is_own = found(own, "fromMe") is True or parts[0] == "true"
    emoji = text(data.get("reactionText"))
    return Reaction(target, person, emoji, is_own=is_own)


def _vote(data: Any) -> Event:
    """Parses a vote with all chosen options; options are numbered, with gaps."""
    chat, poll = data.get("chatId"), serialized(data.get("msgId"))
    if is_group(chat):
        return Ignored("crowd")
    person, voter = Person(person_ids((chat,))), person_id(data.get("sender"))
    if not person.ids:
        return Ignored("onpollresponse")
    # On the same server, any id other than the chat's is our own.
    is_phone = person.ids[0].isdecimal()
    if voter and voter.isdecimal() == is_phone and voter not in person.ids:
        return Ignored("own vote")
    chosen = listed(data, "selectedOptions")
    names = [found(option, "name") for option in chosen if option]
    at = parsing.timestamp(data.get("timestamp"))
    name = f"vote:{poll}:{voter}:{text(data.get('timestamp'))}"
    return Inbound(name, person, Content("poll", vote_text("", names)), at, poll)


def _call(data: Any) -> Event:
    """Parses an incoming call; its end is not reported."""
    if data.get("isGroup") is True or is_group(data.get("peerJid")):
        return Ignored("crowd")
    person = Person(person_ids((data.get("peerJid"), data.get("sender"))))
    if not person.ids:
        raise ValueError("a call without a person")
    line = call_text(missed=False, video=data.get("isVideo") is True)
    at, name = parsing.timestamp(data.get("offerTime")), f"call:{text(data['id'])}"
    return Inbound(name, person, Content("call", line), at)


def _ack(data: Any) -> Event:
    """Parses a receipt.

    It is also sent for received messages, and with an object as id.
    """
    ack = data.get("ack")
    mine = found(data, "id", "fromMe")
    if mine is None:
        mine = serialized(data.get("id")).startswith("true_")
    status = _ack_status(ack)
    if not mine or status is None:
        return Ignored("ack")
    return Receipt(status, (serialized(data["id"]),))


def _ack_status(ack: Any) -> ReceiptStatus | None:
    if not isinstance(ack, int) or isinstance(ack, bool):
        return None
    if ack < 0:
        return "failed"
    known: dict[int, ReceiptStatus] = {1: "sent", 2: "delivered", 3: "read", 4: "read"}
    return known.get(ack)


def _status(data: Any) -> Event:
    state_text = text(data.get("status"))
    state = SESSIONS.get(state_text)
    if state is None:
        return Ignored(state_text or "status")
    return Session(
        state, "" if state == "open" else sentence("not_connected", state_text)
    )


def _qr(data: Any) -> Event:
    qr = text(data.get("urlcode")) or text(data.get("qrcode"))
    return Session("qr", sentence("not_connected"), qr)


def _phone_code(data: Any) -> Event:
    """Parses a pairing code, to be typed on the phone instead of scanning a QR code."""
    return Session("qr", sentence("not_connected", text(data.get("phoneCode"))))


def _closed(data: Any) -> Event:
    return Session("closed", sentence("not_connected"))


_READERS: dict[str, Callable[[Any], Event]] = {
    "onmessage": _message,
    "onselfmessage": _message,
    "unreadmessages": _message,
    "onack": _ack,
    "onrevokedmessage": _revocation,
    "onreactionmessage": _reaction,
    "onpollresponse": _vote,
    "incomingcall": _call,
    "status-find": _status,
    "qrcode": _qr,
    "phoneCode": _phone_code,
    "closesession": _closed,
    "logoutsession": _closed,
}
