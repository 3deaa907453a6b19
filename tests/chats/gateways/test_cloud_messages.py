"""All messages and actions of people on the WhatsApp Cloud API are parsed correctly."""

from __future__ import annotations

import json

import pytest

from chats.gateways.events import (
    Content,
    Deleted,
    Echo,
    Edited,
    IdentityMerged,
    Ignored,
    Inbound,
    Origin,
    Person,
    Reaction,
)
from tests.chats.gateways.event_values import AT, NOW, PHONE

USER = "BR.1502576394655843"
OTHER_USER = "BR.9902576394655843"
OWN = "551140001111"


@pytest.fixture
def cloud(only):
    return only("whatsapp_cloud")


def event_of(cloud, kind, part, **more):
    """Returns the only event of a customer's message of that kind."""
    frame = cloud.fake.inbound(
        PHONE, type=kind, **{kind: part}, id="wamid.1", timestamp=str(NOW), **more
    )
    [event] = cloud.received(frame)
    return event


def echoed(cloud, **more):
    echo = {"from": OWN, "id": "wamid.2", "timestamp": str(NOW), **more}
    [event] = cloud.received(
        cloud.fake.frame("smb_message_echoes", message_echoes=[echo])
    )
    return event


def changed(cloud, field, **value):
    contact = {"profile": {"name": "Maria Souza"}, "wa_id": PHONE, "user_id": USER}
    return cloud.received(cloud.fake.frame(field, contacts=[contact], **value))


# Contents


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


def test_an_order_of_values_that_are_no_numbers_is_shown_all_the_same(cloud):
    item = {"product_retailer_id": "BOLO", "quantity": "many", "item_price": "?"}
    content = event_of(cloud, "order", {"product_items": [item]}).content
    assert content == Content("order", "Order\nmany x BOLO")


def test_a_place_has_its_address_a_map_and_its_page(cloud):
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
def test_a_flow_answers_field_by_field(cloud, answer, body, expected):
    reply = {"name": "flow", "body": body, "response_json": answer}
    part = {"type": "nfm_reply", "nfm_reply": reply}
    assert event_of(cloud, "interactive", part).content == Content("text", expected)


def test_whether_a_customer_may_be_called(cloud):
    for response, words in (("accept", "allows"), ("reject", "does not allow")):
        part = {
            "type": "call_permission_reply",
            "call_permission_reply": {"response": response},
        }
        assert words in event_of(cloud, "interactive", part).content.text


def test_what_is_not_known_names_its_kind(cloud):
    event = event_of(cloud, "unsupported", {"type": "poll"}, errors=[{"code": 131051}])
    assert "poll" in event.content.text
    frame = cloud.fake.inbound(PHONE, "Oi")
    frame["entry"][0]["changes"][0]["value"]["messages"][0]["type"] = "unsupported"
    [event] = cloud.received(frame)
    assert event.content == Content("text", "Oi")


def test_a_reply_names_what_it_answers(cloud):
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
def test_where_a_customer_came_from(cloud, more, origin):
    assert event_of(cloud, "text", {"body": "Oi"}, **more).origin == origin


# Changes


def test_a_reaction_is_of_its_message(cloud):
    person = Person((PHONE,), "Maria Souza")
    for part, emoji in (
        ({"message_id": "wamid.0", "emoji": "👍"}, "👍"),
        ({"message_id": "wamid.0", "emoji": ""}, ""),
        ({"message_id": "wamid.0"}, ""),
    ):
        assert event_of(cloud, "reaction", part) == Reaction("wamid.0", person, emoji)


def test_an_edit_has_the_new_text_or_caption(cloud):
    for inner, text in (
        ({"type": "text", "text": {"body": "novo"}}, "novo"),
        ({"type": "image", "image": {"id": "1", "caption": "nova"}}, "nova"),
        ({"type": "image", "image": {"id": "1"}}, ""),
    ):
        part = {"original_message_id": "wamid.0", "message": inner}
        assert event_of(cloud, "edit", part) == Edited("wamid.0", text, AT)


def test_a_message_is_taken_back(cloud):
    part = {"original_message_id": "wamid.0"}
    assert event_of(cloud, "revoke", part) == Deleted("wamid.0", AT)


def test_the_owner_changes_what_he_typed_in_the_business_app(cloud):
    revoke = {"original_message_id": "wamid.0"}
    event = echoed(cloud, to=PHONE, type="revoke", revoke=revoke)
    assert event == Deleted("wamid.0", AT)
    edit = revoke | {"message": {"type": "text", "text": {"body": "novo"}}}
    event = echoed(cloud, to=PHONE, type="edit", edit=edit)
    assert event == Edited("wamid.0", "novo", AT)
    reaction = {"message_id": "wamid.0", "emoji": "🙏"}
    event = echoed(cloud, to=PHONE, type="reaction", reaction=reaction)
    assert event == Reaction("wamid.0", Person((PHONE,)), "🙏", is_own=True)


def test_an_echo_to_a_person_without_a_phone(cloud):
    event = echoed(cloud, to_user_id=USER, type="text", text={"body": "Já vai"})
    assert event == Echo(
        "wamid.2", Person((USER,)), Content("text", "Já vai"), AT, is_api=False
    )
    event = echoed(cloud, to=PHONE, to_user_id=USER, type="text", text={"body": "x"})
    assert event.person == Person((PHONE, USER))
    assert isinstance(echoed(cloud, type="text", text={"body": "x"}), Ignored)


# Persons


@pytest.mark.parametrize(
    "system",
    [
        {"previous_user_id": USER, "user_id": OTHER_USER},
        {
            "body": f"User Rui changed from {USER} to {OTHER_USER}",
            "user_id": OTHER_USER,
        },
    ],
)
def test_a_customer_with_another_user_id_is_the_same(cloud, system):
    message = {
        "id": "wamid.1",
        "type": "system",
        "system": {"type": "user_changed_user_id", **system},
    }
    [event] = cloud.received(cloud.fake.frame(messages=[message]))
    assert set(event.person.ids) == {USER, OTHER_USER}
    assert event.address == OTHER_USER


def test_another_user_id_by_a_field_of_its_own(cloud):
    update = {"user_id": {"previous": USER, "current": OTHER_USER}}
    assert changed(cloud, "user_id_update", user_id_update=[update]) == [
        IdentityMerged(Person((PHONE, USER, OTHER_USER)), OTHER_USER)
    ]


def test_a_system_message_of_another_kind_is_nothing_to_us(cloud):
    event = event_of(
        cloud, "system", {"type": "customer_identity_changed", "body": "x"}
    )
    assert event == Ignored("customer_identity_changed")


def test_a_message_of_nobody_is_nothing_to_us(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi")
    value = frame["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from"], value["contacts"][0]["wa_id"]
    assert cloud.received(frame) == [Ignored("message without a sender")]


# Other actions


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ({"status": "COMPLETED", "duration": 125}, "Voice call (2:05)"),
        ({"status": "FAILED"}, "Missed voice call"),
        ({"status": "COMPLETED", "duration": 0}, "Missed voice call"),
    ],
)
def test_a_call_is_a_line_when_it_has_ended(cloud, call, text):
    ends = {"id": "wacid.1", "event": "terminate", "timestamp": str(NOW), **call}
    came = ends | {"from": PHONE, "to": OWN, "direction": "USER_INITIATED"}
    [event] = changed(cloud, "calls", calls=[came])
    person = Person((PHONE, USER), "Maria Souza")
    assert event == Inbound("wacid.1", person, Content("call", text), AT)
    went = ends | {"from": OWN, "to": PHONE, "direction": "BUSINESS_INITIATED"}
    [event] = changed(cloud, "calls", calls=[went])
    assert event == Echo("wacid.1", person, Content("call", text), AT, is_api=False)


def test_a_call_that_rings_is_nothing_yet(cloud):
    rings = {"id": "wacid.1", "event": "connect", "from": PHONE, "to": OWN}
    assert changed(cloud, "calls", calls=[rings]) == [Ignored("call connect")]
    status = {"id": "wacid.1", "type": "call", "status": "RINGING"}
    assert changed(cloud, "calls", statuses=[status]) == [Ignored("RINGING")]


def test_a_payment_that_failed_is_no_message_that_failed(cloud):
    payment = {
        "reference_id": "pedido-7",
        "amount": {"value": 7150, "offset": 100},
        "currency": "BRL",
    }
    status = {"id": "wamid.0", "type": "payment", "status": "failed"}
    status |= {"timestamp": str(NOW), "recipient_id": PHONE, "payment": payment}
    [event] = cloud.received(cloud.fake.frame(statuses=[status]))
    assert isinstance(event, Inbound)
    assert event.content.text == "Payment: R$ 71.50\npedido-7 failed"
    assert event.reply_to == "wamid.0"


def test_whether_a_customer_wants_advertising(cloud):
    for value, words in (("stop", "does not want"), ("resume", "accepts")):
        choice = {"wa_id": PHONE, "value": value, "timestamp": NOW}
        [event] = changed(cloud, "user_preferences", user_preferences=[choice])
        assert words in event.content.text
        assert event.person.ids == (PHONE,)


@pytest.mark.parametrize("field", ["history", "smb_app_state_sync", "group_lifecycle"])
def test_what_was_said_before_us_is_not_taken(cloud, field):
    assert changed(cloud, field, threads=[{"id": PHONE}]) == [Ignored(field)]


def test_a_body_of_another_object_is_none_of_ours(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi") | {"object": "page"}
    raw = json.dumps(frame).encode()
    signed = {k.lower(): v for k, v in cloud.fake.headers_of(raw).items()}
    assert cloud.webhook.receive(signed, raw) == []
