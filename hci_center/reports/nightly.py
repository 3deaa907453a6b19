"""The nightly checks: kept figures are computed again, and the invariants must hold."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from hci_center.background import faults
from hci_center.reports.rebuilding import Difference, differences, make

logger = logging.getLogger(__name__)

# From what time of the installation's day on a check is due.
CHECKED_FROM = timedelta(hours=3, minutes=30)
# Of closings older than this, a part is checked each night.
RECENT = timedelta(days=8)
PARTS = 30
BATCH = 200
KEPT_FOR = timedelta(days=400)

_BEGIN = "INSERT INTO report_run (day) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id"
_END = """
UPDATE report_run SET ended_at = clock_timestamp(), chats = %s, findings = %s, clamped = %s
 WHERE id = %s
"""
_CHATS = """
SELECT DISTINCT chat_id FROM report_episode
 WHERE ends >= %(recent)s OR chat_id %% %(parts)s = %(part)s
"""
# Closed chats of which nothing is kept at all, which the comparison would not meet.
_UNKEPT = """
SELECT h.id FROM chats_chat h
 WHERE h.closed_at >= %(recent)s
   AND NOT EXISTS (SELECT FROM report_episode e WHERE e.chat_id = h.id)
"""
_NOTE = """
INSERT INTO report_check (check_code, manager_id, chat_id, kept, computed)
VALUES (%s, %s, %s, %s::jsonb, %s::jsonb)
"""
_FORGET = """
WITH runs AS (DELETE FROM report_run WHERE began_at < %(before)s)
DELETE FROM report_check WHERE at < %(before)s
"""
# Durations that were below zero and are kept as none.
_CLAMPED = "SELECT count(*) FROM report_sample WHERE ends < begins"
# The invariants, by their codes: each returns the manager and chat of what breaks it.
INVARIANTS = {
    # An open chat's newest line has another area or operator than its contact.
    "L1": """
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       CROSS JOIN LATERAL (SELECT e.area_id, e.operator_id FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind = ANY(report_state_kinds())
              ORDER BY e.id DESC LIMIT 1) l
       WHERE h.closed_at IS NULL AND (l.area_id IS DISTINCT FROM c.area_id
             OR l.operator_id IS DISTINCT FROM c.operator_id)""",
    # Closed by its row and open by its lines, or the reverse.
    "L2": """
      SELECT h.manager_id, h.id FROM chats_chat h
       CROSS JOIN LATERAL (SELECT e.kind FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind IN ('opened', 'reopened', 'closed')
              ORDER BY e.id DESC LIMIT 1) l
       WHERE (h.closed_at IS NOT NULL) <> (l.kind = 'closed')""",
    # A first line that is no opening.
    "L3": """
      SELECT h.manager_id, h.id FROM chats_chat h
       CROSS JOIN LATERAL (SELECT e.kind FROM chats_chatevent e WHERE e.chat_id = h.id
              ORDER BY e.id LIMIT 1) l
       WHERE l.kind <> 'opened'""",
    # A line over 1 s older than one with a lower id.
    "L4": """
      SELECT DISTINCT l.manager_id, l.chat_id FROM (
        SELECT e.manager_id, e.chat_id, e.at, max(e.at) OVER (
                 PARTITION BY e.chat_id ORDER BY e.id
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM chats_chatevent e) l
       WHERE l.at < l.before - interval '1 second'""",
    # An open chat that nobody who works can take, for over a minute.
    "H1": """
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       WHERE h.closed_at IS NULL
         AND greatest(c.queued_at, h.opened_at) < now() - interval '1 minute'
         AND NOT EXISTS (
             SELECT FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
              WHERE o.manager_id = h.manager_id AND o.is_active AND u.is_active
                AND CASE WHEN c.operator_id IS NOT NULL THEN o.id = c.operator_id
                         ELSE c.area_id IS NULL OR EXISTS (
                           SELECT FROM areas_operatorarea s
                            WHERE s.operator_id = o.id AND s.area_id = c.area_id) END)""",
    # A contact held by somebody who is inactive.
    "H2": """
      SELECT c.manager_id, h.id FROM contacts_contact c
        JOIN areas_operator o ON o.id = c.operator_id AND NOT o.is_active
        LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
       WHERE c.deleted_at IS NULL""",
    # Unread messages are counted wrongly.
    "M1": """
      SELECT c.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       WHERE h.closed_at IS NULL AND c.unread <> (
             SELECT count(*) FROM chats_message m
              WHERE m.chat_id = h.id AND m.direction = 'in' AND m.status = 'wait')""",
}


def check_if_due(now: datetime | None = None) -> bool:
    """Runs the checks of this night, unless they have begun; returns whether it did."""
    now = now or timezone.now()
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    passed = timedelta(hours=local.hour, minutes=local.minute)
    if passed < CHECKED_FROM:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [local.date()])
        row = cursor.fetchone()
    if row is None:
        return False
    check(row[0], now, local.date().toordinal() % PARTS)
    return True


def check(run_id: int, now: datetime, part: int) -> None:
    """Compares kept and computed rows and looks for what breaks an invariant."""
    chats, findings = 0, 0
    for ids in _chats(now, part):
        chats += len(ids)
        found = differences(ids)
        for one in found:
            _note_difference(one)
        findings += len(found)
        if found:
            make(sorted({one.chat_id for one in found}))
    for code in INVARIANTS:
        findings += _hold(code)
    with connection.cursor() as cursor:
        cursor.execute(_CLAMPED)
        clamped = cursor.fetchone()[0]
        cursor.execute(_END, [chats, findings, clamped, run_id])
        cursor.execute(_FORGET, {"before": now - KEPT_FOR})
    if findings:
        logger.error("The nightly checks of the reports found %d differences", findings)


def _chats(now: datetime, part: int) -> list[list[int]]:
    values: dict[str, Any] = {"recent": now - RECENT, "parts": PARTS, "part": part}
    with connection.cursor() as cursor:
        cursor.execute(_CHATS, values)
        ids = {chat_id for (chat_id,) in cursor.fetchall()}
        cursor.execute(_UNKEPT, values)
        ids |= {chat_id for (chat_id,) in cursor.fetchall()}
    ordered = sorted(ids)
    return [ordered[n : n + BATCH] for n in range(0, len(ordered), BATCH)]


def _note_difference(one: Difference) -> None:
    kept = one.row if one.side == "kept" else None
    computed = one.row if one.side == "computed" else None
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, ["kept", one.manager_id, one.chat_id, kept, computed])


def _hold(code: str) -> int:
    """Records what breaks the invariant; returns how much."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INVARIANTS[code])
            found = cursor.fetchall()
            for manager_id, chat_id in found:
                cursor.execute(_NOTE, [code, manager_id, chat_id, None, None])
    except Exception as error:  # noqa: BLE001 - the other checks go on
        faults.record("worker", "report checks", error, code)
        return 1
    return len(found)
