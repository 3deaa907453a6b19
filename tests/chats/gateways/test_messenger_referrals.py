"""The origins of people on Messenger, and their actions other than messages."""

from __future__ import annotations

import json

import pytest

from chats.gateways.events import (
    AccountNotice,
    Ignored,
    Inbound,
    Origin,
    Person,
)
from tests.chats.gateways.event_values import AT, NOW
from tests.chats.gateways.messenger_events import LINK, PSID, event_of

REFERRALS = [
    ({"ref": "panfleto", "source": "SHORTLINK"}, Origin("ref", "panfleto", "SHORTLINK")),
    ({"ad_id": "7", "source": "ADS"}, Origin("ad", "7", "ADS")),
    (
        {"ad_id": "7", "ref": "r", "ads_context_data": {"ad_title": "Bolos"}},
        Origin("ad", "r", "Bolos"),
    ),
    ({"product": {"id": "55"}}, Origin("product", "55")),
    (
        {"source": "CUSTOMER_CHAT_PLUGIN", "referer_uri": "https://a.example/b"},
        Origin("ref", "", "CUSTOMER_CHAT_PLUGIN", "https://a.example/b"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("referral", "origin"), REFERRALS)
def test_the_origin_of_a_customer(page, referral, origin):
    postback = {"title": "Falar", "payload": "TALK", "referral": referral}
    assert event_of(page, postback=postback).origin == origin
    message = {"mid": "m_1", "text": "Oi", "referral": referral}
    assert event_of(page, message=message).origin == origin
    alone = event_of(page, referral=referral)
    assert alone.origin == origin
    assert alone.content.text.startswith("Opened the conversation")


def test_only_the_first_part_of_a_message_has_the_origin(page):
    picture = {"type": "image", "payload": {"url": LINK}}
    message = {"mid": "m_1", "text": "Oi", "attachments": [picture]}
    event = {"sender": {"id": PSID}, "message": message | {"referral": {"ref": "r"}}}
    first, second = page.received(page.fake.frame(event))
    assert (first.origin, second.origin) == (Origin("ref", "r"), None)


def test_an_opt_in_of_a_website(page):
    event = event_of(page, optin={"ref": "newsletter"})
    assert event.origin == Origin("ref", "newsletter")
    ticked = {"ref": "newsletter", "user_ref": "v-1"}
    event = event_of(page, sender={}, optin=ticked)
    assert event.person == Person(("user_ref:v-1",))
    asked = {"type": "notification_messages", "title": "Ofertas", "payload": "p"}
    event = event_of(page, optin=asked)
    assert event.content.text == "Wants to be notified: Ofertas"
    stop = asked | {"notification_messages_status": "STOP NOTIFICATIONS"}
    assert "any more" in event_of(page, optin=stop).content.text


def test_a_website_visitor_is_linked_to_the_person(page):
    visitor = event_of(page, sender={"user_ref": "v-1"}, postback={"payload": "hey"})
    assert visitor.person == Person(("user_ref:v-1",))
    prior = {"source": "checkbox_plugin", "identifier": "v-1"}
    message = {"mid": "m_1", "text": "Oi"}
    later = event_of(page, message=message, prior_message=prior)
    assert later.person == Person((PSID, "user_ref:v-1"))


def test_a_payment_has_payer_and_amount(page):
    payment = {
        "amount": {"currency": "BRL", "amount": 29.62},
        "requested_user_info": {
            "contact_name": "Rui",
            "shipping_address": {"street1": "Rua A, 1", "city": "São Paulo"},
        },
    }
    text = event_of(page, payment=payment).content.text
    assert text.splitlines() == ["Payment: R$ 29.62", "Rui", "Rua A, 1, São Paulo"]


def test_a_chosen_address(page):
    address = {"street1": "Rua A, 1", "city": "São Paulo"}
    event = event_of(page, checkout_update={"shipping_address": address})
    assert event.content.text == "Location: Rua A, 1, São Paulo"


def test_a_blocked_page_is_a_problem_of_the_account(page):
    frame = {"recipient": {"id": page.fake.page}, "timestamp": NOW * 1000}
    block = {"action": "block", "reason": "spam"}
    [event] = page.received(page.fake.frame({**frame, "policy-enforcement": block}))
    blocked = AccountNotice("policy", "problem", event.text, AT, is_blocking=True)
    assert event == blocked
    assert "spam" in event.text
    free = {**frame, "policy-enforcement": {"action": "unblock"}}
    [event] = page.received(page.fake.frame(free))
    assert (event.level, event.is_blocking) == ("info", False)


def test_events_without_a_person_are_ignored(page):
    for what in (
        {"message": {"mid": "m_1", "text": "Oi"}},
        {"postback": {"payload": "p"}},
        {"reaction": {"mid": "m_1", "action": "react", "emoji": "👍"}},
        {"referral": {"ref": "r"}},
    ):
        assert event_of(page, sender={}, **what) == Ignored("event without a person")


@pytest.mark.parametrize("kind", ["instagram", "permissions", "user"])
def test_a_body_of_another_object_is_ignored(page, kind):
    raw = json.dumps(page.fake.inbound(PSID, "Oi") | {"object": kind}).encode()
    signed = {k.lower(): v for k, v in page.fake.headers_of(raw).items()}
    assert page.webhook.receive(signed, raw) == []


def test_a_referral_has_the_same_id_each_time(page):
    first = event_of(page, referral={"ref": "r"})
    assert isinstance(first, Inbound)
    assert first.external_id == event_of(page, referral={"ref": "r"}).external_id
    later = event_of(page, timestamp=NOW * 1000 + 1, referral={"ref": "r"})
    assert later.external_id != first.external_id
