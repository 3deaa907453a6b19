"""All messages of people on the WhatsApp Cloud API are parsed correctly."""

from __future__ import annotations

import pytest

from chats.gateways.events import Content, Origin
from tests.chats.gateways.cloud_events import OWN, event_of
from tests.chats.gateways.event_values import PHONE


def test_an_order_has_its_lines_and_total(cloud):
    items = [
        {"product_retailer_id": "BOLO", "quantity": 2, "item_price": 35.5},
        {"product_retailer_id": "CAFE", "quantity": 1, "item_price": 8},
    ]
    items = [item | {"currency": "BRL"} for item in items]
    order = {"catalog_id": "1", "text": "sem açúcar", "product_items": items}
    assert event_of(cloud, "order", order).content.text.splitlines() == [
        "Order",
        "2 x BOLO: R$ 71.00",
        "1 x CAFE: R$ 8.00",
        "Total: R$ 79.00",
        "sem açúcar",
    ]


def test_an_order_with_invalid_numbers_is_shown(cloud):
    item = {"product_retailer_id": "BOLO", "quantity": "many", "item_price": "?"}
    content = event_of(cloud, "order", {"product_items": [item]}).content
    assert content == Content("order", "Order\nmany x BOLO")


def test_a_location_has_its_address_map_and_page(cloud):
    place = {"latitude": -23.5, "longitude": -46.6, "name": "Padaria"}
    place |= {"address": "Rua das Flores, 10", "url": "https://padaria.example/"}
    assert event_of(cloud, "location", place).content.text.splitlines() == [
        "Location: Padaria, Rua das Flores, 10",
        "https://www.google.com/maps?q=-23.5,-46.6",
        "https://padaria.example/",
    ]


def test_contact_cards_have_all_their_phones(cloud):
    cards = [
        {
            "name": {"formatted_name": "Rui Costa"},
            "org": {"company": "Oficina"},
            "phones": [{"phone": "+55 11 91111-1111"}, {"phone": "+55 11 4000-2222"}],
            "emails": [{"email": "rui@oficina.example"}],
        },
        {"name": {"first_name": "Bia"}},
    ]
    assert event_of(cloud, "contacts", cards).content.text.splitlines() == [
        "Contact: Rui Costa (Oficina), +55 11 91111-1111, +55 11 4000-2222,"
        " rui@oficina.example",
        "Contact: Bia",
    ]


@pytest.mark.parametrize(
    ("answer", "body", "expected"),
    [
        ('{"flow_token": "t", "nota": "5", "motivo": {"b": "frio"}}', "Sent",
         "nota: 5\nmotivo b: frio"),
        ('{"nota": 5}', "Pesquisa", "Pesquisa\nnota: 5"),
        ('{"flow_token": "t"}', "Sent", "Sent"),
        ('["a", "b"]', "Sent", '["a", "b"]'),
        ("{broken", "Sent", "{broken"),
        ("[" * 10_000, "Sent", "[" * 10_000),
        (None, "Sent", "Sent"),
    ],
)  # fmt: skip
def test_a_flow_response_has_a_line_for_each_field(cloud, answer, body, expected):
    reply = {"name": "flow", "body": body, "response_json": answer}
    part = {"type": "nfm_reply", "nfm_reply": reply}
    assert event_of(cloud, "interactive", part).content == Content("text", expected)


def test_call_permissions_become_messages(cloud):
    for response, words in (("accept", "allows"), ("reject", "does not allow")):
        part = {
            "type": "call_permission_reply",
            "call_permission_reply": {"response": response},
        }
        assert words in event_of(cloud, "interactive", part).content.text


def test_an_unknown_kind_is_named(cloud):
    event = event_of(cloud, "unsupported", {"type": "poll"}, errors=[{"code": 131051}])
    assert "poll" in event.content.text
    frame = cloud.fake.inbound(PHONE, "Oi")
    frame["entry"][0]["changes"][0]["value"]["messages"][0]["type"] = "unsupported"
    [event] = cloud.received(frame)
    assert event.content == Content("text", "Oi")


def test_a_reply_refers_to_the_quoted_message(cloud):
    event = event_of(
        cloud, "text", {"body": "Sim"}, context={"from": OWN, "id": "wamid.0"}
    )
    assert event.reply_to == "wamid.0"
    forwarded = event_of(cloud, "text", {"body": "x"}, context={"forwarded": True})
    assert forwarded.reply_to == ""


@pytest.mark.parametrize(
    ("more", "origin"),
    [
        (
            {
                "referral": {
                    "source_type": "ad",
                    "source_id": "120226305854810726",
                    "headline": "Bolos",
                    "body": "Todo dia",
                    "source_url": "https://fb.me/x",
                }
            },
            Origin("ad", "120226305854810726", "Bolos", "https://fb.me/x"),
        ),
        (
            {"referral": {"source_type": "post", "source_id": "1", "body": "b"}},
            Origin("post", "1", "b"),
        ),
        (
            {"context": {"referred_product": {"product_retailer_id": "BOLO"}}},
            Origin("product", "BOLO"),
        ),
        ({"referral": {}}, None),
        ({"referral": "?"}, None),
        ({}, None),
    ],
)
def test_the_origin_of_a_customer(cloud, more, origin):
    assert event_of(cloud, "text", {"body": "Oi"}, **more).origin == origin
