"""The row of an event equals that of REST, for every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chats.models import Attachment, Chat, Message
from contacts.models import Contact
from tests import builders
from tests.feed.stamped import rows_of, without_signature

ODD = 'Zoë "x" \\ / \u2028 \n 😀'


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"number": None, "controller_port": None},
        {"facebook_id": None, "facebook_token": ""},
        {"email": "", "controller_port": None, "name": ODD},
    ],
)
def test_a_manager_is_as_in_rest_without_contacts_and_token(
    full_api: Any, stamp: Any, over: dict[str, Any]
) -> None:
    builders.make_manager(**over)
    [row] = rows_of(stamp(), "manager")
    [answer] = full_api.get("/api/user/").json()["data"]
    assert row == {
        name: value
        for name, value in answer.items()
        if name not in ("contacts", "facebookToken")
    }


def test_an_area_is_as_in_rest(manager: Any, api: Any, stamp: Any) -> None:
    builders.make_area(manager, "vendas", name=ODD)
    rows = rows_of(stamp(), "area")
    assert rows == api.get("/api/area/8080").json()["data"]


def test_an_operator_is_as_in_rest_without_online(
    manager: Any, sales: Any, support: Any, api: Any, stamp: Any
) -> None:
    builders.make_operator(manager, support, sales, name="Zoë", email="")
    rows = rows_of(stamp(), "operator")
    answer = api.post("/api/area/operator/8080", {"idarea": "vendas"}).json()["data"]
    assert rows[-1] == {
        name: value for name, value in answer[0].items() if name != "online"
    }


@pytest.mark.parametrize(
    "over",
    [
        {},
        {"name": ODD, "photo": "http://x.example/ü.png", "protocol": "BR9", "sa": -5},
        {"channel": "facebook", "external_id": "99887766"},
        {"channel": "whatsapp", "external_id": "BR.1502576394655843"},
        {"external_id": "BR.1502576394655844", "phone": 5511988887777},
        {"unread": 3, "last_message_at": datetime(2026, 1, 2, 3, 4, 5, 678999, UTC)},
        {"area": "sales"},
        {"operator": "ana"},
    ],
)
def test_a_contact_is_as_in_rest(
    manager: Any,
    api: Any,
    stamp: Any,
    over: dict[str, Any],
    request: Any,
) -> None:
    for name in ("area", "operator"):
        if name in over:
            over = {**over, name: request.getfixturevalue(over[name])}
    contact = builders.make_contact(manager, **over)
    Contact.objects.filter(pk=contact.pk).update(sa=7)
    rows = rows_of(stamp(), "contact")
    answer = api.post("/api/user/contact/get", {"number": manager.number}).json()
    [shown] = answer["data"]["contacts"]
    assert rows[0] == {**shown, "sa": contact.sa}
    assert rows[1] == shown


@pytest.mark.parametrize("owner", [None, "ana"])
def test_a_chat_is_as_in_rest(
    contact: Contact, api: Any, stamp: Any, owner: str | None, request: Any
) -> None:
    if owner:
        Contact.objects.filter(pk=contact.pk).update(
            operator=request.getfixturevalue(owner)
        )
    answer = api.post("/api/chat/new", {"contactNumber": contact.public_id})
    shown = answer.json()["data"]
    [row] = rows_of(stamp(), "chat")
    assert row.pop("open") is True
    assert row == {name: value for name, value in shown.items() if name != "messages"}


def test_a_closed_chat_is_sent_as_closed(
    contact: Contact, api: Any, stamp: Any
) -> None:
    chat = builders.make_chat(contact)
    stamp()
    Chat.objects.filter(pk=chat.pk).update(closed_at="2026-01-01T00:00Z")
    [row] = rows_of(stamp(), "chat")
    assert row["open"] is False


@pytest.mark.parametrize(
    "over",
    [
        {"content": ODD},
        {"content": "x" * 65_536},
        {"direction": "out", "sender": "7", "status": "failed", "error": "No session."},
        {"type": "image", "content": "Arquivo em anexo", "url": "url.com"},
        {"type": "location", "content": "-23,-46", "url": ""},
        {"status": "read", "created_at": datetime(2020, 2, 29, tzinfo=UTC)},
        {"type": "audio", "file": True},
        {"details": {"edited": "2026-11-20T12:00:00.000Z"}},
        {"details": {"tapped": "m:inicio:1"}},
        {"details": {"tapped": "m:inicio:1", "edited": "2026-11-20T12:00:00.000Z"}},
        {
            "type": "image",
            "file": True,
            "details": {
                "caption": ODD,
                "fileName": ODD,
                "replyTo": "0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e",
                "deleted": "2026-11-20T12:00:00.000Z",
                "origin": {"kind": "ad", "ref": ODD, "title": ODD, "url": ODD},
                "reactions": [
                    {"from": "", "emoji": "❤️"},
                    {"from": "7", "emoji": ODD},
                ],
            },
        },
    ],
)
@pytest.mark.parametrize("contact_fixture", ["contact", "page_contact"])
def test_a_message_is_as_in_rest(
    api: Any, stamp: Any, over: dict[str, Any], contact_fixture: str, request: Any
) -> None:
    contact = request.getfixturevalue(contact_fixture)
    chat = builders.make_chat(contact)
    has_file = "file" in over
    message = builders.make_message(
        chat, **{name: value for name, value in over.items() if name != "file"}
    )
    if has_file:
        Attachment.objects.create(
            message=message, file="ab/cd", mime="audio/ogg", size=1, sha256="0" * 64
        )
    [row] = rows_of(stamp(), "message")
    answer = api.post(
        "/api/chat/message", {"operatorId": "0", "contactId": contact.public_id}
    )
    [shown] = answer.json()["data"]
    assert row.pop("contactId") == contact.public_id
    assert row.pop("protocol") == chat.protocol
    assert without_signature(row) == without_signature(shown)
    assert ("signature=" in row.get("url", "")) == has_file


@pytest.mark.parametrize(
    "details", [{"caption": "bolo"}, {"reactions": [{"from": "", "emoji": "👍"}]}]
)
def test_each_change_of_a_message_s_details_is_sent(
    contact: Any, stamp: Any, details: dict[str, Any]
) -> None:
    message = builders.make_message(builders.make_chat(contact))
    stamp()
    for now in (details, details, None):
        Message.objects.filter(pk=message.pk).update(details=now)
    first, last = rows_of(stamp(), "message")
    [name] = details
    assert name in first
    assert name not in last


def test_each_status_of_a_message_is_sent(contact: Any, stamp: Any) -> None:
    message = builders.make_message(
        builders.make_chat(contact), direction="out", sender="7"
    )
    for status in ("sent", "delivered", "read"):
        Message.objects.filter(pk=message.pk).update(status=status)
    states = [row["status"] for row in rows_of(stamp(), "message")]
    assert states == ["wait", "sent", "delivered", "read"]
