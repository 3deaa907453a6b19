"""Webhooks of WPPConnect become events."""

from __future__ import annotations

from datetime import timedelta

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


def test_wppconnect_reports_deleted_messages(wppconnect):
    name = f"false_{PHONE}@c.us_3EB01"
    told = {"event": "onrevokedmessage", "session": "padaria"}
    for ref in (name, {"_serialized": name}):
        assert wppconnect.received({**told, "refId": ref}) == [Deleted(name)]
    assert wppconnect.received(told) == [Ignored("onrevokedmessage")]


@pytest.fixture
def wppconnect(only):
    return only("wppconnect")


def test_wppconnect_text(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "Oi", id="false_x_1", t=NOW)
    assert wppconnect.received(frame) == [
        Inbound("false_x_1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


def test_wppconnect_media_is_in_the_body(wppconnect):
    frame = wppconnect.fake.inbound(
        f"{PHONE}@c.us", "T2dnUw==", type="ptt", mimetype="audio/ogg", id="false_x_1"
    )
    [event] = wppconnect.received(frame)
    assert event.content == Content(
        "audio", "", Media("audio/ogg", base64="T2dnUw==", id="false_x_1")
    )


def test_wppconnect_lid_is_not_a_phone(wppconnect):
    [event] = wppconnect.received(wppconnect.fake.inbound("12345678901@lid", "Oi"))
    assert event.person.ids == ("lid:12345678901",)


def test_wppconnect_acks(wppconnect):
    def ack(number, name="true_5511@c.us_3EB0"):
        return wppconnect.received(wppconnect.fake.ack(name, number))

    name = ("true_5511@c.us_3EB0",)
    assert ack(1) == [Receipt("sent", name)]
    assert ack(2) == [Receipt("delivered", name)]
    assert ack(3) == ack(4) == [Receipt("read", name)]
    assert ack(-1) == ack(-7) == [Receipt("failed", name)]
    assert ack(0) == ack(5) == [Ignored("ack")]
    incoming = wppconnect.fake.ack("false_5511@c.us_3A", 3)
    incoming["id"]["fromMe"] = False
    assert wppconnect.received(incoming) == [Ignored("ack")]


def test_wppconnect_typed_on_the_phone_is_an_echo(wppconnect):
    frame = wppconnect.fake.inbound(
        "551140001111@c.us", "Já vai", fromMe=True, to=f"{PHONE}@c.us", chatId=PHONE
    )
    frame["event"] = "onselfmessage"
    [event] = wppconnect.received(frame)
    assert isinstance(event, Echo)
    assert event.person == Person((PHONE,))


def test_wppconnect_session(wppconnect):
    def status(said):
        [event] = wppconnect.received(wppconnect.fake.event("status-find", status=said))
        return event

    assert status("inChat") == Session("open")
    assert status("disconnectedMobile").state == "closed"
    assert status("somethingNew") == Ignored("somethingNew")
    [qr] = wppconnect.received(wppconnect.fake.event("qrcode", qrcode="iVBO"))
    assert (qr.state, qr.qr) == ("qr", "iVBO")


def test_control_and_direction_characters_are_removed_from_names(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "Oi")
    frame["sender"]["pushname"] = "Ma\u202eria\x00\n Souza\u200f"
    [event] = wppconnect.received(frame)
    assert event.person.name == "Ma ria Souza"


def test_lone_surrogates_and_nul_are_replaced(wppconnect):
    frame = wppconnect.fake.inbound(f"{PHONE}@c.us", "a\x00b\ud83dc")
    [event] = wppconnect.received(frame)
    assert event.content.text == "ab?c"


def test_times_are_limited_to_the_last_month(wppconnect):
    old = NOW - int(timedelta(days=31).total_seconds())
    [event] = wppconnect.received(wppconnect.fake.inbound(f"{PHONE}@c.us", "a", t=old))
    assert event.at is None
