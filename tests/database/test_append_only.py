"""Append-only tables are not emptied by TRUNCATE, which runs no row triggers."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.models import ChatEvent
from tests import builders

pytestmark = pytest.mark.django_db
TABLES = (
    "chats_chatevent", "chats_assignment", "chats_note", "chats_sessionchange",
    "audit_line",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _line(db: None) -> None:
    open_chat(builders.make_contact(builders.make_manager()), actor=Actor("key:1"))
    with connection.cursor() as cursor:
        # TRUNCATE also refuses tables with deferred checks.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("tables", [*TABLES, "managers_manager"])
def test_truncate_is_refused(tables: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    assert ChatEvent.objects.count() == 1


def test_a_database_can_be_emptied_on_purpose() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL hci.truncating = 'on'")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, managers_manager CASCADE")
    assert not ChatEvent.objects.exists()
