"""Finds open chats whose clocks do not match their ledger and messages."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from chats.models import Chat
from chats.rules.clocks import are_wrong
from hci_center.background.nightly_checks import Finding
from hci_center.database.rows import ModelRows

# Chats are excluded while a task that updates their clocks is pending.
_CHATS = ModelRows(Chat)
_IS_PENDING = """EXISTS (SELECT FROM chats_task t
   WHERE t.contact_id = h.contact_id AND t.kind IN ('clock', 'inbound'))"""
_OPEN = f"""
SELECT h.id, h.contact_id FROM chats_chat h
 WHERE h.closed_at IS NULL AND NOT {_IS_PENDING} ORDER BY h.id
"""  # noqa: S608 - of a condition
_LOCK = "SELECT FROM contacts_contact WHERE id = %s FOR NO KEY UPDATE"
_READ = f"""
SELECT {_CHATS.columns("h")},
       EXISTS (SELECT FROM areas_area a WHERE a.manager_id = h.manager_id)
  FROM chats_chat h WHERE h.id = %s AND h.closed_at IS NULL AND NOT {_IS_PENDING}
"""  # noqa: S608 - of columns


def wrong_clocks() -> Iterator[Finding]:
    """Yields a finding for each open chat with extra, missing or incorrect clocks."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        found = cursor.fetchall()
    for chat_id, contact_id in found:
        if finding := _check(chat_id, contact_id):
            yield finding


def _check(chat_id: int, contact_id: int) -> Finding | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK, [contact_id])
        cursor.execute(_READ, [chat_id])
        row = cursor.fetchone()
        if row is None:
            return None
        *columns, has_areas = row
        chat = _CHATS.read(columns)
        if not are_wrong(chat, has_areas=has_areas):
            return None
        return Finding(chat.manager_id, chat.pk, "clocks")
