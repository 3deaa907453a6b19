"""All messages and actions of people on a page are parsed correctly."""

from __future__ import annotations

import pytest

from chats.gateways.base import Media
from chats.gateways.events import (
    Content,
    Edited,
    Origin,
    Person,
    Reaction,
)
from tests.chats.gateways.event_values import AT, NOW
from tests.chats.gateways.messenger_events import LINK, PSID, event_of


def contents(page, *attachments, **message):
    event = {
        "sender": {"id": PSID},
        "timestamp": NOW * 1000,
        "message": {"mid": "m_1", "attachments": list(attachments), **message},
    }
    return [heard.content for heard in page.received(page.fake.frame(event))]


# Contents


@pytest.mark.parametrize(
    ("attachment", "text"),
    [
        (
            {"type": "fallback", "title": "Bolo", "url": "https://bolo.example/"},
            "Bolo\nhttps://bolo.example/",
        ),
        (
            {"type": "fallback", "payload": {"title": "Foo", "url": "Docs/foo.doc"}},
            "Foo\nDocs/foo.doc",
        ),
        ({"type": "fallback", "title": "T", "URL": "u", "payload": None}, "T\nu"),
        (
            {"type": "ig_reel", "payload": {"url": "/reel/12/", "reel_video_id": 12}},
            "https://www.instagram.com/reel/12/",
        ),
        (
            {
                "type": "reel",
                "payload": {"url": LINK, "title": "Bolo", "reel_video_id": 12},
            },
            "Bolo\nhttps://www.facebook.com/reel/12",
        ),
        (
            {"type": "post", "payload": {"url": "/permalink/1", "title": "Novo"}},
            "Novo\nhttps://www.facebook.com/permalink/1",
        ),
        (
            {
                "type": "template",
                "payload": {
                    "product": {"elements": [{"title": "Bolo", "subtitle": "R$ 35"}]}
                },
            },
            "Product: Bolo, R$ 35",
        ),
        (
            {
                "type": "template",
                "payload": {
                    "template_type": "button",
                    "text": "Veja",
                    "buttons": [{"title": "Loja", "url": "https://loja.example"}],
                },
            },
            "Veja\n• Loja: https://loja.example",
        ),
        (
            {
                "type": "template",
                "payload": {
                    "template_type": "generic",
                    "elements": [
                        {
                            "title": "Bolo",
                            "subtitle": "de fubá",
                            "default_action": {"url": "https://loja.example/1"},
                        }
                    ],
                },
            },
            "Bolo\nde fubá\nhttps://loja.example/1",
        ),
        (
            {
                "type": "template",
                "payload": {
                    "template_type": "itinerary",
                    "intro_message": "Sua viagem",
                    "flight_info": [{"flight_number": "KL1", "connection_id": "c"}],
                },
            },
            "Sua viagem\nflight_info flight_number: KL1",
        ),
    ],
)
def test_shared_content_becomes_title_and_link(page, attachment, text):
    assert contents(page, attachment) == [Content("text", text)]


def test_a_receipt_has_its_lines_and_total(page):
    receipt = {
        "template_type": "receipt",
        "order_number": "7",
        "currency": "BRL",
        "elements": [{"title": "Bolo", "quantity": 2, "price": 35}],
        "summary": {"total_cost": 66.5},
        "address": {"street_1": "Rua A, 1", "city": "São Paulo"},
    }
    [content] = contents(page, {"type": "template", "payload": receipt})
    assert content.text.splitlines() == [
        "Order: 7",
        "2 x Bolo: R$ 70.00",
        "Total: R$ 66.50",
        "Rua A, 1, São Paulo",
    ]


def test_a_link_preview_is_not_a_message(page):
    away = "https://l.facebook.com/l.php?u=https%3A%2F%2Fbolo.example%2F&h=1"
    preview = {"type": "fallback", "title": "Bolo", "url": away}
    text = "Veja http://bolo.example"
    assert contents(page, preview, text=text) == [Content("text", text)]
    other = contents(page, preview, text="Veja")
    assert other == [
        Content("text", "Veja"),
        Content("text", "Bolo\nhttps://bolo.example/"),
    ]


def test_a_location_has_a_map(page):
    coordinates = {"lat": -23.5, "long": -46.6}
    place = {"type": "location", "payload": {"coordinates": coordinates}}
    [content] = contents(page, place)
    assert "https://www.google.com/maps?q=-23.5,-46.6" in content.text


def test_a_sticker_is_a_picture_and_unknown_content_a_placeholder(page):
    sticker = {"type": "sticker", "payload": {"url": LINK, "sticker_id": 3}}
    strange = {"type": "hologram", "payload": {}}
    assert contents(page, sticker, strange) == [
        Content("image", media=Media(url=LINK)),
        Content("hologram", "[This message cannot be shown here: hologram]"),
    ]


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://cdn.fbsbx.com/v/1/Or%C3%A7amento%202026.pdf?_nc=1", "Orçamento 2026.pdf"),
        ("https://cdn.fbsbx.com/v/1/file", ""),
        ("https://cdn.fbsbx.com/", ""),
        ("https://[", ""),
    ],
)  # fmt: skip
def test_a_document_has_its_name(page, link, name):
    document = {"type": "file", "payload": {"url": link}}
    media = Media(name=name, url=link)
    assert contents(page, document) == [Content("file", media=media)]


def test_a_reply_refers_to_the_quoted_message(page):
    message = {"mid": "m_2", "text": "Sim", "reply_to": {"mid": "m_1"}}
    assert event_of(page, message=message).reply_to == "m_1"
    story = {"story": {"id": "9", "url": "https://ig.example/s"}}
    answer = event_of(page, message=message | {"reply_to": story})
    assert answer.reply_to == ""
    assert answer.origin == Origin("post", "9", "", "https://ig.example/s")


# Changes


def test_an_edit_has_the_new_text(page):
    edit = {"mid": "m_1", "text": "novo", "num_edit": 1}
    assert event_of(page, message_edit=edit) == Edited("m_1", "novo", AT)


@pytest.mark.parametrize(
    ("reaction", "emoji"),
    [
        ({"action": "react", "emoji": "😢", "reaction": "sad"}, "😢"),
        ({"action": "react", "reaction": "love"}, "❤"),
        ({"action": "unreact"}, ""),
        ({"action": "unreact", "emoji": "😢"}, ""),
    ],
)
def test_a_reaction_refers_to_its_message(page, reaction, emoji):
    event = event_of(page, reaction={"mid": "m_1", **reaction})
    assert event == Reaction("m_1", Person((PSID,)), emoji)


def test_a_reaction_of_the_page(page):
    own, theirs = {"id": page.fake.page}, {"id": PSID}
    reaction = {"mid": "m_1", "action": "react", "emoji": "👍"}
    event = event_of(page, sender=own, recipient=theirs, reaction=reaction)
    assert event == Reaction("m_1", Person((PSID,)), "👍", is_own=True)


# Origins


# Other actions
