"""Webhooks of Evolution become events."""

from __future__ import annotations

import pytest

from chats.gateways.base import Media
from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Ignored,
    Inbound,
    Person,
    Receipt,
    Session,
)
from tests.chats.gateways.event_values import AT, NOW, PHONE


def test_evolution_text(evolution):
    frame = evolution.fake.inbound(
        f"{PHONE}@s.whatsapp.net", "Oi", messageTimestamp=NOW, key={"id": "3A1"}
    )
    assert evolution.received(frame) == [
        Inbound("3A1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


@pytest.mark.parametrize(
    ("jid", "key", "ids"),
    [
        ("123456789012345@lid", {}, ("lid:123456789012345",)),
        (
            "123456789012345@lid",
            {"remoteJidAlt": f"{PHONE}@s.whatsapp.net"},
            (PHONE, "lid:123456789012345"),
        ),
        (
            "123456789012345@lid",
            {"senderPn": f"{PHONE}@s.whatsapp.net"},
            (PHONE, "lid:123456789012345"),
        ),
        (f"{PHONE}:12@s.whatsapp.net", {}, (PHONE,)),
    ],
)
def test_evolution_person_with_all_ids(evolution, jid, key, ids):
    [event] = evolution.received(evolution.fake.inbound(jid, "Oi", key=key))
    assert event.person.ids == ids


@pytest.mark.parametrize(
    "jid", ["120363@g.us", "status@broadcast", "1203@newsletter", "5511-1@g.us"]
)
def test_groups_and_broadcasts_are_ignored(evolution, jid):
    assert evolution.received(evolution.fake.inbound(jid, "Oi")) == [Ignored("crowd")]


def test_evolution_media_comes_with_its_bytes(evolution):
    part = {"mimetype": "audio/ogg; codecs=opus", "ptt": True}
    message = {"audioMessage": part, "base64": "T2dnUw=="}
    [event] = evolution.received(
        evolution.fake.inbound(
            f"{PHONE}@s.whatsapp.net",
            message=message,
            messageType="audioMessage",
            key={"id": "3A1"},
        )
    )
    assert event.content == Content(
        "audio", "", Media("audio/ogg", base64="T2dnUw==", id="3A1")
    )


def test_evolution_updates_are_matched_by_the_key(evolution):
    def update(status, **more):
        data = {**evolution.fake.update(PHONE, "3EB01", status), **more}
        return evolution.received(evolution.fake.event("messages.update", data))

    assert update("SERVER_ACK") == [Receipt("sent", ("3EB01",))]
    assert update("DELIVERY_ACK") == [Receipt("delivered", ("3EB01",))]
    assert update("READ") == [Receipt("read", ("3EB01",))]
    assert update("PLAYED") == [Receipt("read", ("3EB01",))]
    assert update("ERROR") == [Receipt("failed", ("3EB01",))]
    assert update("PENDING") == [Ignored("update")]
    assert update("DELETED") == update("DELETED", fromMe=False) == [Deleted("3EB01")]
    assert update("READ", fromMe=False) == [Ignored("update")]


def test_evolution_own_sends_are_echoes(evolution):
    evolution.send(text="Oi")
    [sent] = [n for n in evolution.fake.events if n["event"] == "send.message"]
    [event] = evolution.received(sent)
    assert isinstance(event, Echo)
    assert (event.is_api, event.person) == (True, Person((PHONE,)))


def test_evolution_session_and_qr(evolution):
    def parsed(event, **data):
        return evolution.received(evolution.fake.event(event, data))

    wuid = f"{PHONE}@s.whatsapp.net"
    assert parsed("connection.update", state="open", wuid=wuid) == [
        Session("open", number=int(PHONE))
    ]
    [closed] = parsed("connection.update", state="close", statusReason=401)
    assert (closed.state, "401" in closed.reason) == ("closed", True)
    [qr] = parsed("qrcode.updated", qrcode={"code": "2@x"})
    assert (qr.state, qr.qr) == ("qr", "2@x")
    [limit] = parsed("qrcode.updated", message="QR limit", statusCode=500)
    assert limit.state == "closed"


def test_the_key_in_evolution_s_body_is_never_kept(evolution):
    import json

    raw = json.dumps(evolution.fake.inbound(f"{PHONE}@s.whatsapp.net", "Oi")).encode()
    assert b"canary-token-4c1d" in raw
    [piece] = evolution.webhook.receive({}, raw)
    assert "canary-token-4c1d" not in piece.payload
