"""Webhooks of a Facebook page become events."""

from __future__ import annotations

from chats.gateways.base import Media
from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Ignored,
    Inbound,
    Person,
    Receipt,
    Watermark,
)
from tests.chats.gateways.event_values import AT, NOW

PSID = "7418252963"


def messenger_event(page, **what):
    event = {
        "sender": {"id": PSID},
        "recipient": {"id": page.fake.page},
        "timestamp": NOW * 1000,
        **what,
    }
    return page.received(page.fake.frame(event))


def test_messenger_text(page):
    assert messenger_event(page, message={"mid": "m_1", "text": "Oi 😀"}) == [
        Inbound("m_1", Person((PSID,)), Content("text", "Oi 😀"), AT)
    ]


def test_messenger_text_and_attachments_are_separate_messages(page):
    link = "https://scontent.xx.fbcdn.net/a.jpg"
    attachments = [
        {"type": "image", "payload": {"url": link}},
        {"type": "location", "payload": {"coordinates": {"lat": -23.5, "long": 4}}},
        {"type": "reel", "payload": {}},
        {"type": "sticker", "payload": {"url": link, "sticker_id": 3}},
        {"type": "fallback", "title": "A page", "payload": None},
    ]
    events = messenger_event(
        page, message={"mid": "m_1", "text": "t", "attachments": attachments}
    )
    assert [(e.external_id, e.content.kind, e.content.media) for e in events] == [
        ("m_1", "text", None),
        ("m_1#1", "image", Media(url=link)),
        ("m_1#2", "location", None),
        ("m_1#3", "reel", None),
        ("m_1#4", "image", Media(url=link)),
        ("m_1#5", "text", None),
    ]
    assert all(e.content.text or e.content.media for e in events)


def test_messenger_times_in_seconds_are_accepted(page):
    [event] = messenger_event(page, timestamp=NOW, message={"mid": "m", "text": "x"})
    assert event.at == AT


def test_an_impossible_time_is_replaced_by_that_of_arrival(page):
    odd = ("soon", None, True, 10**30, 5 * 10**11, "9" * 5000, float("inf"))
    for wrong in (NOW + 86400, NOW - 40 * 86400, *odd):
        [event] = messenger_event(
            page, timestamp=wrong, message={"mid": "m", "text": "x"}
        )
        assert event.at is None


def test_messenger_echo_has_our_uuid(page):
    echo = {"mid": "m_1", "is_echo": True, "metadata": "our-uuid", "text": "Oi"}
    event = {"sender": {"id": page.fake.page}, "recipient": {"id": PSID}}
    frame = page.fake.frame({**event, "timestamp": NOW * 1000, "message": echo})
    assert page.received(frame) == [
        Echo("m_1", Person((PSID,)), Content("text", "Oi"), AT, "our-uuid")
    ]


def test_messenger_receipts_by_id_and_by_watermark(page):
    until = AT
    mark = NOW * 1000
    both = messenger_event(page, delivery={"mids": ["m_1", "m_2"], "watermark": mark})
    assert both == [
        Receipt("delivered", ("m_1", "m_2")),
        Watermark("delivered", Person((PSID,)), until),
    ]
    assert messenger_event(page, delivery={"watermark": mark}) == both[1:]
    assert messenger_event(page, read={"watermark": mark}) == [
        Watermark("read", Person((PSID,)), until)
    ]


def test_messenger_postback_becomes_its_title(page):
    [event] = messenger_event(page, postback={"title": "Falar", "payload": "TALK"})
    assert event.content == Content("text", "Falar", tapped="TALK")
    assert event.external_id


def test_messenger_ignores_other_events(page):
    for what in ("reaction", "optin", "referral", "account_linking", "game_play"):
        assert messenger_event(page, **{what: {}}) == [Ignored(what)]


def test_messenger_reports_deleted_messages(page):
    taken_back = {"mid": "m_1", "is_deleted": True}
    assert messenger_event(page, message=taken_back) == [Deleted("m_1")]


def test_all_events_of_all_entries_of_a_batch_are_read(page):
    def said(mid):
        return {
            "sender": {"id": PSID},
            "recipient": {"id": page.fake.page},
            "timestamp": NOW * 1000,
            "message": {"mid": mid, "text": mid},
        }

    frame = page.fake.frame(said("a"), said("b"))
    frame["entry"] += page.fake.frame(said("c"))["entry"]
    assert [event.external_id for event in page.received(frame)] == ["a", "b", "c"]


def test_standby_events_are_read(page):
    [entry] = page.fake.frame(
        {"sender": {"id": PSID}, "message": {"mid": "m_1", "text": "Oi"}}
    )["entry"]
    entry["standby"] = entry.pop("messaging")
    [event] = page.received({"object": "page", "entry": [entry]})
    assert event == Inbound("m_1", Person((PSID,)), Content("text", "Oi"))
