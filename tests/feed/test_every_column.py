"""Columns of contacts and messages are in the same members of REST, feed and docs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from chats.api.responses import MessageShape
from chats.models import Attachment, Message
from contacts.api.openapi import ContactShape
from contacts.models import Contact
from tests import builders
from tests.feed.stamped import empty_log, rows_of, stamp, without_signature
from tests.feed.test_columns import COLUMNS

AT = datetime(2026, 1, 2, 3, 4, 5, 678999, UTC)
UUIDS = (
    "0b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e",
    "1b7f2f8e-6a64-4c0a-9e0c-6d0d6f0c9d5e",
)

# A value for each column that does not identify the row; `EMPTY_` has the others. An
# area and an operator are given by their fixtures.
EMPTY_CONTACT: dict[str, Any] = {
    "channel": "whatsapp",
    "external_id": "BR.1502576394655843",
    **dict.fromkeys(("name", "photo", "protocol"), ""),
    **dict.fromkeys(("sa", "unread"), 0),
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
}
CONTACT: dict[str, Any] = {
    "channel": "facebook",
    "external_id": "BR.1502576394655844",
    "name": "Zoë",
    "photo": "http://x.example/a.png",
    "area_id": "sales",
    "operator_id": "ana",
    "protocol": "BR9",
    "sa": -5,
    "unread": 3,
    "last_message_at": AT,
    "phone": 5511988887777,
    "created_at": AT,
    "waiting_since": AT,
    "queued_at": AT,
    "last_in_at": AT,
    "away_until": AT,
}
EMPTY_MESSAGE: dict[str, Any] = {
    "uuid": UUIDS[0],
    "direction": "out",
    "type": "image",
    "status": "read",
    **dict.fromkeys(("content", "url", "sender", "error"), ""),
    "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    "stored_at": None,
}
MESSAGE: dict[str, Any] = {
    "uuid": UUIDS[1],
    "direction": "in",
    "type": "video",
    "content": "olá",
    "url": "url.com",
    "sender": "7",
    "status": "sent",
    "error": "No session.",
    "gateway_id": "wamid.1",
    "created_at": AT,
    "stored_at": AT,
    "auto": "menu",
    "details": {
        "caption": "bolo",
        "fileName": "bolo.png",
        "replyTo": UUIDS[0],
        "reactions": [{"from": "", "emoji": "❤️"}, {"from": "7", "emoji": "👍"}],
        "origin": {"kind": "ad", "ref": "1", "title": "a", "url": "b"},
        "edited": "2026-11-20T12:00:00.000Z",
        "deleted": "2026-11-20T12:00:00.000Z",
    },
}
# Values that depend on other columns: only WhatsApp has phones, and incoming messages
# are not sent.
WHOLE_CONTACT = CONTACT | {"channel": "whatsapp"}
WHOLE_MESSAGE = MESSAGE | {"direction": "out"}


@pytest.fixture
def shown_contact(manager: Any, sales: Any, ana: Any, api: Any) -> Any:
    """Returns a function: the contact with these columns, in REST and in the feed.

    It rolls back.
    """
    named = {"sales": sales.pk, "ana": ana.pk}

    def shown(columns: dict[str, Any]) -> dict[str, Any]:
        values = {
            name: named.get(value, value) if name.endswith("_id") else value
            for name, value in (EMPTY_CONTACT | columns).items()
        }
        empty_log()
        with transaction.atomic():
            builders.make_contact(manager, **values)
            [row] = rows_of(stamp(), "contact")
            answer = api.post("/api/user/contact/get", {"number": manager.number})
            transaction.set_rollback(True)
        [contact] = answer.json()["data"]["contacts"]
        assert row == contact
        return row

    return shown


@pytest.fixture
def shown_message(contact: Contact, api: Any) -> Any:
    """Returns the same for a message, optionally with a file of that size."""
    chat = builders.make_chat(contact)

    def shown(columns: dict[str, Any], size: int | None = None) -> dict[str, Any]:
        empty_log()
        with transaction.atomic():
            message = builders.make_message(chat, **(EMPTY_MESSAGE | columns))
            if size is not None:
                Attachment.objects.create(
                    message=message, file="a", mime="a/b", size=size, sha256="0" * 64
                )
            [row] = rows_of(stamp(), "message")
            body = {"operatorId": "0", "contactId": contact.public_id}
            answers = [
                api.post("/api/chat/message", body | more).json()["data"]
                for more in ({}, {"limit": 5}, {"closed": "1"})
            ]
            transaction.set_rollback(True)
        assert (row.pop("contactId"), row.pop("protocol")) == (
            contact.public_id,
            chat.protocol,
        )
        row = without_signature(row)
        assert [[without_signature(one) for one in each] for each in answers] == [
            [row]
        ] * 3
        return row

    return shown


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {
        name
        for name in one.keys() | other.keys()
        if (name in one, one.get(name)) != (name in other, other.get(name))
    }


@pytest.mark.parametrize(
    ("table", "values"), [("contacts_contact", CONTACT), ("chats_message", MESSAGE)]
)
def test_every_column_is_tried(table: str, values: dict[str, Any]) -> None:
    shown, private = COLUMNS[table]
    assert values.keys() == private.keys() | {name for name in shown if shown[name]}
    assert all(private.values())


@pytest.mark.parametrize("column", CONTACT)
def test_a_column_of_a_contact_is_in_the_listed_members(
    shown_contact: Any, column: str
) -> None:
    changed = differing(shown_contact({}), shown_contact({column: CONTACT[column]}))
    assert changed == set(COLUMNS["contacts_contact"][0].get(column, ()))


@pytest.mark.parametrize("column", MESSAGE)
def test_a_column_of_a_message_is_in_the_listed_members(
    shown_message: Any, column: str
) -> None:
    changed = differing(shown_message({}), shown_message({column: MESSAGE[column]}))
    assert changed == set(COLUMNS["chats_message"][0].get(column, ()))


def members(documented: Any) -> tuple[set[str], set[str]]:
    """Returns the names of the fields, and of those that are always there."""
    fields = documented().fields
    return set(fields), {name for name, field in fields.items() if field.required}


def test_a_contact_has_the_documented_members(shown_contact: Any) -> None:
    whole, least = shown_contact(WHOLE_CONTACT), shown_contact({})
    assert (set(whole), set(least)) == members(ContactShape)


def test_a_message_has_the_documented_members(shown_message: Any) -> None:
    whole = shown_message(WHOLE_MESSAGE, size=1)
    least = shown_message({"type": "text"})
    assert (set(whole), set(least)) == members(MessageShape)
    listed = COLUMNS["chats_message"][0].values()
    assert set(whole) - {"fileSize"} == {name for names in listed for name in names}


@pytest.mark.parametrize(
    ("model", "whole", "empty"),
    [(Contact, WHOLE_CONTACT, EMPTY_CONTACT), (Message, WHOLE_MESSAGE, EMPTY_MESSAGE)],
)
def test_a_full_row_has_all_members_and_an_empty_one_the_required_ones(
    model: Any, whole: dict[str, Any], empty: dict[str, Any]
) -> None:
    for field in model._meta.concrete_fields:
        if field.attname not in whole:
            continue
        assert whole[field.attname] not in (None, "", 0), field
        if field.null:
            assert empty.get(field.attname) is None, field
