"""Columns of notes, surveys and scheduled messages are in the listed members of events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from chats.models import Note, ScheduledMessage, Survey
from tests import builders
from tests.feed.stamped import empty_log, rows_of, stamp
from tests.feed.test_columns import COLUMNS
from tests.feed.test_every_column import differing

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
KINDS: dict[str, tuple[str, Any]] = {
    "chats_note": ("note", Note),
    "chats_survey": ("survey", Survey),
    "chats_scheduled": ("schedule", ScheduledMessage),
}
# A row of each table, and for each column the columns that differ in another row. The
# names of rows stand for their ids.
PLAIN: dict[str, dict[str, Any]] = {
    "chats_note": {
        "id": 9001,
        "chat_id": "chat",
        "author_id": None,
        "actor": "",
        "text": "",
        "mentions": [],
        "created_at": EARLY,
    },
    "chats_survey": {
        "id": 9001,
        "chat_id": "chat",
        "contact_id": "contact",
        "operator_id": None,
        "area_id": None,
        "state": "rated",
        "asked_at": EARLY,
        "rating": 1,
        "comment": "",
        "answered_at": EARLY,
        "comment_until": None,
    },
    "chats_scheduled": {
        "id": 9001,
        "manager_id": "manager",
        "contact_id": "contact",
        "operator_id": "ana",
        "text": "Olá",
        "template": None,
        "send_at": EARLY,
        "state": "waiting",
        "error": "",
        "created_at": EARLY,
    },
}
OTHER: dict[str, dict[str, dict[str, Any]]] = {
    "chats_note": {
        "id": {"id": 9002},
        "chat_id": {"chat_id": "other chat"},
        "author_id": {"author_id": "ana"},
        "actor": {"actor": "supervisor"},
        "text": {"text": "x"},
        "mentions": {"mentions": [7]},
        "created_at": {"created_at": LATE},
    },
    "chats_survey": {
        "id": {"id": 9002},
        "chat_id": {"chat_id": "other chat"},
        "contact_id": {"contact_id": "other"},
        "operator_id": {"operator_id": "ana"},
        "area_id": {"area_id": "sales"},
        "state": {"state": "void", "rating": None},
        "asked_at": {"asked_at": LATE},
        "rating": {"rating": 2},
        "comment": {"comment": "x"},
        "answered_at": {"answered_at": LATE},
        "comment_until": {"comment_until": LATE},
    },
    "chats_scheduled": {
        "id": {"id": 9002},
        "contact_id": {"contact_id": "other"},
        "operator_id": {"operator_id": "bruno"},
        "text": {"text": "x"},
        "template": {"template": {"name": "a", "language": "b", "parameters": []}},
        "send_at": {"send_at": LATE},
        "state": {"state": "sent"},
        "error": {"error": "x"},
        "created_at": {"created_at": LATE},
    },
}
CASES = [(table, column) for table, columns in OTHER.items() for column in columns]
# Without a mark the survey has another state.
TOGETHER = {("chats_survey", "state"): {"rating"}}


@pytest.fixture
def shown(
    manager: Any, contact: Any, sales: Any, ana: Any, bruno: Any, supervisor: Any
) -> Any:
    """Returns a function that makes such a row, returns its event, and rolls back."""
    other = builders.make_contact(manager)
    ids: dict[Any, Any] = {
        "manager": manager.pk,
        "contact": contact.pk,
        "other": other.pk,
        "chat": builders.make_chat(contact).pk,
        "other chat": builders.make_chat(other).pk,
        "sales": sales.pk,
        "ana": ana.pk,
        "bruno": bruno.pk,
    }

    def show(table: str, columns: dict[str, Any]) -> dict[str, Any]:
        kind, model = KINDS[table]
        values = {
            name: ids.get(value, value) if name.endswith("_id") else value
            for name, value in (PLAIN[table] | columns).items()
        }
        if values.get("actor"):
            values["actor"] = f"user:{supervisor.pk}"
        empty_log()
        with transaction.atomic():
            model.objects.create(**values)
            [row] = rows_of(stamp(), kind)
            transaction.set_rollback(True)
        return row

    return show


@pytest.mark.parametrize("table", PLAIN)
def test_every_column_is_tried(table: str) -> None:
    listed, private = COLUMNS[table]
    assert PLAIN[table].keys() == listed.keys() | private.keys()
    tried = {name for name, members in listed.items() if members} | private.keys()
    assert OTHER[table].keys() == tried


@pytest.mark.parametrize(("table", "column"), CASES)
def test_a_column_is_in_the_listed_members(shown: Any, table: str, column: str) -> None:
    changed = differing(shown(table, {}), shown(table, OTHER[table][column]))
    listed = set(COLUMNS[table][0].get(column, ()))
    assert changed == listed | TOGETHER.get((table, column), set())
