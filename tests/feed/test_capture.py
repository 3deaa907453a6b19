"""Capture: which writes become events, and which do not."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction

from areas.models import Area, Operator
from chats.conversations.audit import Actor
from chats.gateways.events import Person
from chats.inbound.contact_merge import resolve_contact
from chats.models import Message
from contacts.models import Contact
from tests import builders
from tests.feed.stamped import rows_of


def sent_events(rows: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """Returns kind, op and id of the events that are sent."""
    events = [
        json.loads(row["ev"]) for row in rows if row["ev"] and row["kind"] != "epoch"
    ]
    return [(event["k"], event["op"], event["id"]) for event in events]


def test_it_captures_the_orm(manager: Any, contact: Contact, stamp: Any) -> None:
    stamp()
    contact.name = "Maria"
    contact.save()
    Contact.objects.filter(pk=contact.pk).update(sa=5)
    chat = builders.make_chat(contact)
    Message.objects.bulk_create(
        Message(
            manager=manager,
            contact=contact,
            chat=chat,
            direction="in",
            type="text",
            content=str(n),
            status="wait",
        )
        for n in range(3)
    )
    Message.objects.filter(chat=chat).delete()
    sent = sent_events(stamp())
    assert [event[:2] for event in sent] == [
        ("contact", "U"),
        ("contact", "U"),
        ("chat", "I"),
        *[("message", "I")] * 3,
        *[("message", "D")] * 3,
        ("line", "I"),
    ]
    assert [event[2] for event in sent[3:6]] == [event[2] for event in sent[6:9]]


def test_it_captures_sql_and_copy(manager: Any, stamp: Any) -> None:
    stamp()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)"
            " VALUES (%s, 'sql', 'By hand', false, now())",
            [manager.pk],
        )
        with cursor.copy(
            "COPY areas_area (manager_id, code, name, needs_review, created_at) FROM STDIN"
        ) as copy:
            copy.write_row((manager.pk, "copy", "In bulk", False, "2026-01-01"))
        cursor.execute(
            "INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)"
            " VALUES (%s, 'sql', 'Renamed', false, now())"
            " ON CONFLICT (manager_id, code) DO UPDATE SET name = excluded.name",
            [manager.pk],
        )
    assert sent_events(stamp()) == [
        ("area", "I", "sql"),
        ("area", "I", "copy"),
        ("area", "U", "sql"),
    ]


def test_a_statement_that_changes_nothing_is_not_captured(
    contact: Contact, stamp: Any
) -> None:
    stamp()
    contact.save()
    Contact.objects.filter(pk=contact.pk).update(name=contact.name)
    Contact.objects.filter(pk=-1).update(name="nobody")
    assert stamp() == []


def test_columns_that_are_not_shown_are_not_captured(
    manager: Any, contact: Contact, stamp: Any
) -> None:
    message = builders.make_message(builders.make_chat(contact))
    stamp()
    message.gateway_id = "wamid.1"
    message.save()
    manager.facebook_token = "another"
    manager.save()
    assert stamp() == []


def test_a_rollback_is_not_captured(manager: Any, stamp: Any) -> None:
    stamp()
    with transaction.atomic():
        builders.make_area(manager)
        transaction.set_rollback(True)
    assert stamp() == []


def test_a_truncate_starts_a_new_epoch(stamp: Any) -> None:
    stamp()
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM change_head")
        (before,) = cursor.fetchone()
        cursor.execute("TRUNCATE chats_message CASCADE")
    rows = stamp()
    # One entry for each truncated table, with one epoch for all.
    assert {row["kind"] for row in rows} == {"epoch"}
    [epoch] = {row["ev"] for row in rows}
    assert epoch != before


def test_a_bulk_load_starts_one_new_epoch(manager: Any, stamp: Any) -> None:
    stamp()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT change_bulk_load()")
        Area.objects.bulk_create(
            Area(manager=manager, code=str(n), name=str(n)) for n in range(100)
        )
    with connection.cursor() as cursor:
        # Rolled back with the test: SET LOCAL lasts as long as its transaction.
        cursor.execute("SET LOCAL hci.capture = ''")
    assert [row["kind"] for row in stamp()] == ["epoch"]


def test_a_deleted_contact_is_removed_and_a_restored_one_sent_as_new(
    contact: Contact, stamp: Any
) -> None:
    stamp()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    Contact.objects.filter(pk=contact.pk).update(name="unseen")
    Contact.objects.filter(pk=contact.pk).update(deleted_at=None)
    sent = sent_events(stamp())
    assert sent == [
        ("contact", "D", contact.public_id),
        ("contact", "I", contact.public_id),
    ]


def test_a_restored_contact_is_sent_with_its_open_chat(
    contact: Contact, stamp: Any
) -> None:
    chat = builders.make_chat(contact)
    stamp()
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-01-01T00:00Z")
    stamp()
    Contact.objects.filter(pk=contact.pk).update(deleted_at=None)
    stamped = stamp()
    assert sent_events(stamped)[:2] == [
        ("contact", "I", contact.public_id),
        ("chat", "U", contact.public_id),
    ]
    [row] = rows_of(stamped, "chat")
    assert (row["open"], row["protocol"]) == (True, chat.protocol)


def test_a_contact_that_changes_its_id_is_removed_under_the_old_one(
    contact: Contact, stamp: Any
) -> None:
    stamp()
    before = contact.public_id
    Contact.objects.filter(pk=contact.pk).update(external_id="551133335555")
    assert sorted(sent_events(stamp())) == [
        ("contact", "D", before),
        ("contact", "U", 551133335555),
    ]


def test_a_row_that_moves_to_another_manager_is_removed_from_the_first(
    manager: Any, other_manager: Any, stamp: Any
) -> None:
    area = builders.make_area(manager, "moving")
    operator = builders.make_operator(manager)
    stamp()
    Area.objects.filter(pk=area.pk).update(manager=other_manager)
    Operator.objects.filter(pk=operator.pk).update(manager=other_manager)
    sent = [json.loads(row["ev"]) for row in stamp() if row["ev"]]
    for kind, pk in (("area", "moving"), ("operator", str(operator.pk))):
        events = [event for event in sent if (event["k"], event["id"]) == (kind, pk)]
        assert sorted((event["op"], event["m"]) for event in events) == [
            ("D", manager.number),
            ("U", other_manager.number),
        ]


def test_a_chat_is_sent_again_when_contacts_are_merged(
    manager: Any, contact: Contact, stamp: Any
) -> None:
    other = builders.make_contact(manager)
    chat = builders.make_chat(other)
    message = builders.make_message(chat)
    stamp()
    names = (contact.external_id, other.external_id)
    resolve_contact(manager.pk, "whatsapp", Person(names), actor=Actor("key:7"))
    rows = stamp()
    sent = [json.loads(row["ev"]) for row in rows if row["ev"]]
    last = {event["k"]: event["row"] for event in sent if "row" in event}
    expected = (contact.public_id, chat.protocol)
    assert (last["chat"]["contactId"], last["chat"]["protocol"]) == expected
    assert last["chat"]["open"] is True
    assert last["message"]["id"] == str(message.uuid)
    assert (last["message"]["contactId"], last["message"]["protocol"]) == expected
    assert (last["contact"]["id"], last["contact"]["protocol"]) == expected
    assert ("contact", "D", other.public_id) in sent_events(rows)


def test_a_chat_is_sent_again_when_its_contact_gets_another_operator(
    contact: Contact, ana: Any, stamp: Any
) -> None:
    builders.make_chat(contact)
    stamp()
    Contact.objects.filter(pk=contact.pk).update(operator=ana)
    events = [json.loads(row["ev"]) for row in stamp()]
    assert [event["k"] for event in events] == ["contact", "chat", "line"]
    assert events[1]["row"]["operatorId"] == str(ana.pk)


def test_a_chat_opened_by_a_claim_is_captured_once(
    contact: Contact, ana: Any, stamp: Any
) -> None:
    stamp()
    Contact.objects.filter(pk=contact.pk).update(operator=ana)
    builders.make_chat(contact)
    assert [event[:2] for event in sent_events(stamp())] == [
        ("contact", "U"),
        ("chat", "I"),
        ("line", "I"),
    ]


def test_an_inactive_operator_is_removed(manager: Any, ana: Any, stamp: Any) -> None:
    stamp()
    ana.is_active = False
    ana.save()
    rows = stamp()
    assert sent_events(rows) == [("operator", "D", str(ana.pk))]
    assert [row["who"] for row in rows if row["kind"] == "reset"] == [
        f"user:{ana.user_id}"
    ]


def test_the_log_contains_no_secret(manager: Any, stamp: Any) -> None:
    manager.facebook_token = "canary-token"
    manager.gateway_settings = "canary-settings"
    manager.name = "Renamed"
    manager.save()
    sent = "".join(row["ev"] or "" for row in stamp())
    assert "Renamed" in sent
    assert "canary" not in sent
    assert "facebookToken" not in sent
    assert manager.facebook_token not in sent


def test_numbers_have_no_gaps(manager: Any, stamp: Any) -> None:
    stamp()
    for _ in range(5):
        builders.make_area(manager)
    first = [row["seq"] for row in stamp()]
    builders.make_area(manager)
    second = [row["seq"] for row in stamp()]
    numbers = first + second
    assert numbers == list(range(numbers[0], numbers[0] + 6))


def test_a_customers_picture_is_sent_as_an_unsigned_address(
    manager: Any, contact: Contact, stamp: Any, api: Any
) -> None:
    """REST returns the same address with a signature."""
    stamp()
    contact.photo = "/api/chat/photo/3f1c0000-0000-4000-8000-000000000000"
    contact.save()
    [event] = [json.loads(row["ev"]) for row in stamp() if row["kind"] == "contact"]
    answer = api.post("/api/user/contact/get", {"number": manager.number}).json()
    [shape] = answer["data"]["contacts"]
    assert event["row"]["photo"] == contact.photo
    assert shape.pop("photo").startswith(f"{contact.photo}?expires=")
    sent = {key: value for key, value in event["row"].items() if key != "photo"}
    assert sent == {key: shape[key] for key in sent}
