"""WhatsApp Cloud API: edits, deletions, reactions, echoes, ids, calls and payments."""

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
    Person,
    Reaction,
)
from tests.chats.gateways.cloud_events import OWN, USER, changed, echoed, event_of
from tests.chats.gateways.event_values import AT, NOW, PHONE

OTHER_USER = "BR.9902576394655843"


def test_a_reaction_refers_to_its_message(cloud):
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


def test_a_message_is_deleted_by_its_sender(cloud):
    part = {"original_message_id": "wamid.0"}
    assert event_of(cloud, "revoke", part) == Deleted("wamid.0", AT)


def test_the_owner_edits_a_message_in_the_business_app(cloud):
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
def test_a_customer_with_a_new_user_id_is_the_same_person(cloud, system):
    message = {
        "id": "wamid.1",
        "type": "system",
        "system": {"type": "user_changed_user_id", **system},
    }
    [event] = cloud.received(cloud.fake.frame(messages=[message]))
    assert set(event.person.ids) == {USER, OTHER_USER}
    assert event.address == OTHER_USER


def test_a_new_user_id_in_a_separate_field(cloud):
    update = {"user_id": {"previous": USER, "current": OTHER_USER}}
    assert changed(cloud, "user_id_update", user_id_update=[update]) == [
        IdentityMerged(Person((PHONE, USER, OTHER_USER)), OTHER_USER)
    ]


def test_system_messages_of_other_kinds_are_ignored(cloud):
    event = event_of(
        cloud, "system", {"type": "customer_identity_changed", "body": "x"}
    )
    assert event == Ignored("customer_identity_changed")


def test_a_message_without_a_sender_is_ignored(cloud):
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
def test_an_ended_call_becomes_a_message(cloud, call, text):
    ends = {"id": "wacid.1", "event": "terminate", "timestamp": str(NOW), **call}
    came = ends | {"from": PHONE, "to": OWN, "direction": "USER_INITIATED"}
    [event] = changed(cloud, "calls", calls=[came])
    person = Person((PHONE, USER), "Maria Souza")
    assert event == Inbound("wacid.1", person, Content("call", text), AT)
    went = ends | {"from": OWN, "to": PHONE, "direction": "BUSINESS_INITIATED"}
    [event] = changed(cloud, "calls", calls=[went])
    assert event == Echo("wacid.1", person, Content("call", text), AT, is_api=False)


def test_a_ringing_call_is_ignored(cloud):
    rings = {"id": "wacid.1", "event": "connect", "from": PHONE, "to": OWN}
    assert changed(cloud, "calls", calls=[rings]) == [Ignored("call connect")]
    status = {"id": "wacid.1", "type": "call", "status": "RINGING"}
    assert changed(cloud, "calls", statuses=[status]) == [Ignored("RINGING")]


def test_a_failed_payment_is_not_a_failed_message(cloud):
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
def test_the_history_from_before_is_ignored(cloud, field):
    assert changed(cloud, field, threads=[{"id": PHONE}]) == [Ignored(field)]


def test_a_body_of_another_object_is_ignored(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi") | {"object": "page"}
    raw = json.dumps(frame).encode()
    signed = {k.lower(): v for k, v in cloud.fake.headers_of(raw).items()}
    assert cloud.webhook.receive(signed, raw) == []
