"""Times that programs cannot read are refused by the database."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from hci_center.database.readable_times import require_readable_times
from tests import builders

pytestmark = pytest.mark.django_db
NOT_READABLE = ("infinity", "-infinity", "10000-01-01 00:00+00", "0044-03-15 BC")


@pytest.mark.parametrize("value", NOT_READABLE)
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("contacts_contact", "created_at"), ("contacts_contact", "last_message_at"),
        ("contacts_contact", "waiting_since"), ("chats_chat", "opened_at"),
        ("chats_message", "created_at"), ("chats_message", "stored_at"),
    ],
)  # fmt: skip
def test_one_row_cannot_break_a_list(table: str, column: str, value: str) -> None:
    chat = builders.make_chat(builders.make_contact(builders.make_manager()))
    builders.make_message(chat)
    with (
        pytest.raises(IntegrityError, match=f"{table}_times_are_readable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {table} SET {column} = %s", [value])  # noqa: S608


def test_every_constraint_has_been_validated() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), bool_and(convalidated) FROM pg_constraint"
            " WHERE conname LIKE '%_times_are_readable'"
        )
        assert cursor.fetchone() == (13, True)


def test_existing_rows_are_corrected() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE t (id int, at timestamptz NOT NULL, until timestamptz)"
        )
        cursor.execute(
            "INSERT INTO t VALUES (1, 'infinity', '2026-01-01'), (2, now(), '-infinity'),"
            " (3, '2026-01-01', NULL)"
        )
        for operation in require_readable_times("t", ["at"], ["until"]):
            for _ in range(2):
                cursor.execute(operation.sql)
        cursor.execute(
            "SELECT id, at > now() - interval '1 hour' AND at < now() + interval '1 hour',"
            " until::date::text FROM t ORDER BY id"
        )
        assert cursor.fetchall() == [
            (1, True, "2026-01-01"),
            (2, True, None),
            (3, False, None),
        ]


def test_rows_that_cannot_be_corrected_do_not_stop_an_upgrade() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (at timestamptz NOT NULL)")
        cursor.execute("INSERT INTO t VALUES ('infinity')")
        for operation in require_readable_times("t", ["at"], is_append_only=True):
            cursor.execute(operation.sql)
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute("INSERT INTO t VALUES ('infinity')")
