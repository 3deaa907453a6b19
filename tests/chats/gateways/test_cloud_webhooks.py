"""Webhooks of the WhatsApp Cloud API become events."""

from __future__ import annotations

import json

import pytest

from chats.gateways.base import Media
from chats.gateways.events import (
    Content,
    Echo,
    IdentityMerged,
    Ignored,
    Inbound,
    Person,
    Receipt,
)
from tests.chats.gateways.event_values import AT, NOW, PHONE


def test_cloud_text_with_its_profile(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi", id="wamid.1", timestamp=str(NOW))
    assert cloud.received(frame) == [
        Inbound("wamid.1", Person((PHONE,), "Maria Souza"), Content("text", "Oi"), AT)
    ]


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        (
            "image",
            {"id": "M1", "mime_type": "image/jpeg", "caption": "foto", "sha256": "s"},
            Content("image", "foto", Media("image/jpeg", id="M1", sha256="s")),
        ),
        (
            "audio",
            {"id": "M1", "mime_type": "audio/ogg; codecs=opus", "voice": True},
            Content("audio", "", Media("audio/ogg", id="M1")),
        ),
        (
            "document",
            {"id": "M1", "mime_type": "application/pdf", "filename": "a.pdf"},
            Content("file", "", Media("application/pdf", "a.pdf", id="M1")),
        ),
        ("button", {"text": "Sim", "payload": "P"}, Content("text", "Sim", tapped="P")),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "1", "title": "Bolo"}},
            Content("text", "Bolo", tapped="1"),
        ),
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "1", "title": "Sim"}},
            Content("text", "Sim", tapped="1"),
        ),
        (
            "contacts",
            [{"name": {"formatted_name": "Rui"}}, {"name": {"formatted_name": "Bia"}}],
            Content("contacts", "Contact: Rui\nContact: Bia"),
        ),
    ],
)
def test_cloud_contents(cloud, kind, part, expected):
    frame = cloud.fake.inbound(PHONE, type=kind, **{kind: part})
    [event] = cloud.received(frame)
    assert event.content == expected


@pytest.mark.parametrize("kind", ["unsupported", "order", "hologram", "location"])
def test_unsupported_messages_become_placeholders(cloud, kind):
    [event] = cloud.received(cloud.fake.inbound(PHONE, type=kind, errors=[{"code": 1}]))
    assert event.content.kind == kind
    assert event.content.text


@pytest.mark.parametrize(
    "names",
    [
        {"from": None, "from_user_id": "BR.1502576394655843"},
        {"from": "BR.1502576394655843"},
    ],
)
def test_cloud_person_without_a_phone(cloud, names):
    frame = cloud.fake.inbound(PHONE, "Oi", **names)
    contact = {"profile": {"name": "Rui"}, "user_id": "BR.1502576394655843"}
    frame["entry"][0]["changes"][0]["value"]["contacts"] = [contact]
    [event] = cloud.received(frame)
    assert event.person == Person(("BR.1502576394655843",), "Rui")


def test_cloud_person_with_a_phone_and_a_username(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi", from_user_id="BR.15")
    [event] = cloud.received(frame)
    assert event.person.ids == (PHONE, "BR.15")


def test_cloud_changed_number_links_both(cloud):
    system = {"type": "user_changed_number", "wa_id": "5521912345678"}
    [event] = cloud.received(cloud.fake.inbound(PHONE, type="system", system=system))
    both = Person((PHONE, "5521912345678"), "Maria Souza")
    assert event == IdentityMerged(both, "5521912345678")


def test_cloud_groups_are_ignored(cloud):
    assert cloud.received(cloud.fake.inbound(PHONE, "Oi", group_id="g")) == [
        Ignored("group")
    ]


def test_cloud_statuses(cloud):
    def status(said, **more):
        events = {"id": "wamid.1", "status": said, "recipient_id": PHONE, **more}
        return cloud.received(cloud.fake.frame(statuses=[events]))

    assert status("sent", biz_opaque_callback_data="u") == [
        Receipt("sent", ("wamid.1",), "u")
    ]
    assert status("delivered") == [Receipt("delivered", ("wamid.1",))]
    assert status("read") == [Receipt("read", ("wamid.1",))]
    assert status("played") == [Receipt("read", ("wamid.1",))]
    assert status("deleted") == [Ignored("deleted")]
    errors = [{"code": 131026, "title": "t", "error_data": {"details": "no phone"}}]
    assert status("failed", errors=errors) == [
        Receipt("failed", ("wamid.1",), "", "no phone")
    ]


def test_cloud_echo_of_the_business_app(cloud):
    echo = {"from": "551140001111", "to": PHONE, "id": "wamid.2", "type": "text"}
    echo |= {"timestamp": str(NOW), "text": {"body": "Já vai"}}
    frame = cloud.fake.frame("smb_message_echoes", message_echoes=[echo])
    assert cloud.received(frame) == [
        Echo("wamid.2", Person((PHONE,)), Content("text", "Já vai"), AT, is_api=False)
    ]


def test_an_invalid_cloud_message_does_not_affect_others(cloud):
    frame = cloud.fake.inbound(PHONE, "Oi")
    frame["entry"][0]["changes"][0]["value"]["messages"].append({"type": "text"})
    raw = json.dumps(frame).encode()
    assert len(cloud.webhook.receive(_lower(cloud.fake.headers_of(raw)), raw)) == 2


def _lower(headers):
    return {name.lower(): value for name, value in headers.items()}
