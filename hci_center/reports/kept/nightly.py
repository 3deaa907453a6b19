"""The nightly checks: recomputes stored figures and checks the invariants."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from chats.files.checking import misplaced_files
from chats.rules.clock_checks import wrong_clocks
from hci_center.background import faults
from hci_center.background.nightly_checks import Finding, registered
from hci_center.reports.kept.delivery_days import (
    ManagerDay,
    differing_days,
    kept_days,
    rebuild_days,
)
from hci_center.reports.kept.invariants import INVARIANTS, broken
from hci_center.reports.kept.rebuilding import Difference, differences, make
from hci_center.reports.kept.summaries import keep_summaries, kept_spans, mark_days
from hci_center.reports.kept.summing import DAY, FORTNIGHT, Span, differing_summaries
from hci_center.reports.kept.volume_hours import (
    differing_hours,
    recount_hours,
    settled_spans,
)

logger = logging.getLogger(__name__)

# The time of the installation's day from which a check is due.
CHECKED_FROM = timedelta(hours=3, minutes=30)
# Of chats closed longer ago than this, a part is checked each night.
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
 WHERE ends >= %(recent)s OR ends IS NULL OR chat_id %% %(parts)s = %(part)s
"""
# Closed chats without any stored row, which the comparison would not find.
_UNKEPT = """
SELECT h.id FROM chats_chat h
 WHERE h.closed_at >= %(recent)s
   AND NOT EXISTS (SELECT FROM report_episode e
                    WHERE e.chat_id = h.id AND e.ends IS NOT NULL)
"""
_NOTE = """
INSERT INTO report_check (check_code, manager_id, chat_id, kept, computed)
VALUES (%s, %s, %s, %s::jsonb, %s::jsonb)
"""
_FORGET = """
WITH runs AS (DELETE FROM report_run WHERE began_at < %(before)s)
DELETE FROM report_check WHERE at < %(before)s
"""
# Durations that were negative and are stored as NULL.
_CLAMPED = "SELECT count(*) FROM report_sample WHERE ends < begins"
# Checks that are not a single statement.
CHECKS: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
    ("M3", wrong_clocks),
    ("R4", misplaced_files),
)


def check_if_due(now: datetime | None = None) -> bool:
    """Runs the checks of this night, unless already started; returns whether it did."""
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
    """Compares stored and computed rows and looks for violations of invariants."""
    chats, findings = 0, 0
    for ids in chats_to_check(now, part):
        chats += len(ids)
        found = differences(ids)
        for one in found:
            _note_difference(one)
        findings += len(found)
        if found:
            make(sorted({one.chat_id for one in found}))
    findings += _compare_hours(now, part)
    findings += _compare_deliveries(now, part)
    findings += _compare_summaries(now, part)
    for code, statement in INVARIANTS.items():
        findings += _hold(code, partial(broken, statement))
    for code, find in CHECKS + tuple(registered()):
        findings += _hold(code, find)
    with connection.cursor() as cursor:
        cursor.execute(_CLAMPED)
        clamped = cursor.fetchone()[0]
        cursor.execute(_END, [chats, findings, clamped, run_id])
        cursor.execute(_FORGET, {"before": now - KEPT_FOR})
    if findings:
        logger.error("The nightly checks of the reports found %d differences", findings)


def chats_to_check(now: datetime, part: int) -> list[list[int]]:
    """Returns recently closed chats, and a part of the others, in batches."""
    values: dict[str, Any] = {"recent": now - RECENT, "parts": PARTS, "part": part}
    with connection.cursor() as cursor:
        cursor.execute(_CHATS, values)
        ids = {chat_id for (chat_id,) in cursor.fetchall()}
        cursor.execute(_UNKEPT, values)
        ids |= {chat_id for (chat_id,) in cursor.fetchall()}
    ordered = sorted(ids)
    return [ordered[n : n + BATCH] for n in range(0, len(ordered), BATCH)]


def spans_to_check(now: datetime, part: int) -> Iterator[tuple[datetime, datetime]]:
    """Yields the last days and a part of the others, of those with stored hours."""
    for span in settled_spans(length=timedelta(days=1)):
        begins = span[0]
        if begins >= now - RECENT or begins.date().toordinal() % PARTS == part:
            yield span


def days_to_check(now: datetime, part: int) -> Iterator[list[ManagerDay]]:
    """Yields the same of the days with stored deliveries."""
    for days in kept_days():
        day = days[0][1]
        if day >= (now - RECENT).date() or day.toordinal() % PARTS == part:
            yield days


def _compare_hours(now: datetime, part: int) -> int:
    """Compares hours of the last days and of a part of the others; returns how many."""
    found = 0
    for span in spans_to_check(now, part):
        differing = differing_hours(span)
        for one in differing:
            _note("kept", one.manager_id, None, one.side, one.row)
        if differing:
            recount_hours(span)
        found += len(differing)
    return found


def _compare_deliveries(now: datetime, part: int) -> int:
    """Compares the deliveries of those days; returns the number of differences."""
    found = 0
    for days in days_to_check(now, part):
        differing = differing_days(days)
        for one in differing:
            _note("kept", one.manager_id, None, one.side, one.row)
        if differing:
            rebuild_days(days)
        found += len(differing)
    return found


def summaries_to_check(now: datetime, part: int) -> Iterator[tuple[int, list[Span]]]:
    """Yields the same of the days and fortnights with summaries."""
    for length in (DAY, FORTNIGHT):
        recent = (now - RECENT).date() - timedelta(days=length)
        for spans in kept_spans(length):
            day = spans[0][1]
            if day >= recent or day.toordinal() // length % PARTS == part:
                yield length, spans


def _compare_summaries(now: datetime, part: int) -> int:
    """Compares summaries with their samples; returns the number of differences."""
    found = 0
    for length, spans in summaries_to_check(now, part):
        differing = differing_summaries(spans, length)
        for one in differing:
            _note("kept", one.manager_id, None, one.side, one.row)
        if differing:
            mark_days(spans)
        found += len(differing)
    keep_summaries()
    return found


def _note_difference(one: Difference) -> None:
    _note("kept", one.manager_id, one.chat_id, one.side, one.row)


def _note(
    code: str,
    manager_id: int | None,
    chat_id: int | None,
    side: str = "",
    row: str = "",
) -> None:
    kept = row if side == "kept" else None
    computed = row if side == "computed" else None
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [code, manager_id, chat_id, kept, computed])


def _hold(code: str, find: Callable[[], Iterable[Finding]]) -> int:
    """Records violations of the invariant; returns their number."""
    count = 0
    try:
        for found in find():
            count += 1
            row = orjson.dumps({"found": found.detail}).decode() if found.detail else ""
            _note(code, found.manager_id, found.chat_id, "computed" if row else "", row)
    except Exception as error:  # noqa: BLE001 - the other checks go on
        faults.record("worker", "report checks", error, code)
        return count + 1
    return count
