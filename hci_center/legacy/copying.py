"""Inserts rows by COPY, with preallocated ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

# In the order of the values; omitted columns have their default.
COLUMNS = {
    "contacts_contact": (
        "id, manager_id, channel, external_id, name, photo, area_id, operator_id, "
        "protocol, sa, unread, created_at"
    ),
    "contacts_identity": "manager_id, channel, alias, contact_id",
    "chats_chat": (
        "id, manager_id, contact_id, protocol, opened_at, closed_at, seen_message_id, "
        "last_operator_id"
    ),
    "chats_chatevent": (
        "manager_id, chat_id, kind, at, area_id, operator_id, actor, cause, sa"
    ),
    "chats_message": (
        "id, uuid, manager_id, contact_id, chat_id, direction, type, content, url, "
        "sender, status, error, created_at, stored_at, details"
    ),
}


def copy(table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Inserts the rows, in the order of COLUMNS."""
    statement = f"COPY {table} ({COLUMNS[table]}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as writer:
        for row in rows:
            writer.write_row(row)


def allocate_ids(table: str, number: int) -> list[int]:
    """Returns that many ids of the table's sequence, ascending."""
    return _column(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [table, number],
    )


def issue_protocols(manager_ids: Sequence[int]) -> list[str]:
    """Returns a new protocol for each of the managers."""
    if not manager_ids:
        return []
    return _column(
        "SELECT issue_protocol(m) FROM unnest(%s::bigint[]) AS m", [list(manager_ids)]
    )


def _column(statement: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [value for (value,) in cursor.fetchall()]
