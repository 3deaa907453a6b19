"""Stores summaries of samples by day and fortnight, and of presence by day.

A change of the samples of a past day adds a row to `report_dirty_day` in the same
transaction: its samples are then read individually, until the worker has rebuilt the
summary. A day is summarized when it has been over in every time zone for twelve hours,
so that no change is missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from hci_center.reports.kept.presence_days import make_presence
from hci_center.reports.kept.summing import (
    DAY,
    FORTNIGHT,
    METRICS,
    Span,
    by_day,
    fortnight_of,
    make_summaries,
)

# How many marked days a transaction processes.
DAYS_AT_ONCE = 100
# One worker at a time; the others skip it. The lock's name must not change: an earlier
# version may run at the same time.
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('hci_center.reports.summaries'))"
_NEXT = """
SELECT summaries_until, (clock_timestamp() AT TIME ZONE 'UTC')::date - 2
  FROM report_settled
"""
_FIRST = """
SELECT least((SELECT (min(started_at) - interval '1 day')::date FROM areas_presencespan),
  (SELECT min(s.day) FROM managers_manager m CROSS JOIN unnest(%s::text[]) x (metric)
    CROSS JOIN LATERAL (SELECT day FROM report_sample
                         WHERE manager_id = m.id AND metric = x.metric
                         ORDER BY day LIMIT 1) s))
"""
_FORGET_ALL = """
WITH marks AS (DELETE FROM report_dirty_day)
DELETE FROM report_summary
"""
_SETTLED = "UPDATE report_settled SET summaries_until = %s"
_MANAGERS = "SELECT id FROM managers_manager ORDER BY id"
# A day may be marked thousands of times. Marks that are committed later remain for the
# next run.
_TAKE_MARKS = """
WITH days AS (
  SELECT DISTINCT manager_id, day FROM report_dirty_day ORDER BY manager_id, day LIMIT %s
), gone AS (
  DELETE FROM report_dirty_day d USING days x
   WHERE d.manager_id = x.manager_id AND d.day = x.day
)
SELECT manager_id, day FROM days ORDER BY manager_id, day
"""
_MARK_ALL = """
INSERT INTO report_dirty_day (manager_id, day)
SELECT x.manager_id, x.day FROM (
  SELECT s.manager_id, s.day FROM report_sample s
   UNION
  SELECT s.manager_id, s.day FROM report_summary s) x
 WHERE x.manager_id = coalesce(%(manager)s, x.manager_id)
   AND x.day >= coalesce(%(since)s, x.day)
"""

_MARK_DAYS = """
INSERT INTO report_dirty_day (manager_id, day)
SELECT * FROM unnest(%s::bigint[], %s::date[])
"""


def keep_summaries() -> int:
    """Summarizes past days, and rebuilds changed ones; returns their number."""
    total = 0
    while found := _keep_ended():
        total += found
    while found := _keep_marked():
        total += found
    return total


def forget_summaries(manager_id: int | None = None, since: date | None = None) -> None:
    """Discards the summaries of all days, or of some, so that they are rebuilt."""
    values: dict[str, Any] = {"manager": manager_id, "since": since}
    with connection.cursor() as cursor:
        if manager_id is None and since is None:
            cursor.execute(_SETTLED, [None])
        else:
            cursor.execute(_MARK_ALL, values)


def mark_days(days: Sequence[Span]) -> None:
    """Marks these days, so that their summaries are rebuilt."""
    managers, dates = zip(*days, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_MARK_DAYS, [list(managers), list(dates)])


def kept_spans(
    length: int, manager_id: int | None = None, since: date | None = None
) -> Iterator[list[Span]]:
    """Yields the summarized spans of that length, those of all managers together."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        cursor.execute(_FIRST, [list(METRICS)])
        first = cursor.fetchone()[0]
        cursor.execute("SELECT min(day) FROM report_summary WHERE days = %s", [length])
        kept_from = cursor.fetchone()[0]
        managers = [manager_id] if manager_id else _managers(cursor)
    begins = [day for day in (first, kept_from) if day is not None]
    if row is None or row[0] is None or not begins:
        return
    day = max(min(begins), since or date.min)
    if length == FORTNIGHT:
        day = fortnight_of(day)
    while day + timedelta(days=length - 1) <= row[0]:
        yield [(each, day) for each in managers]
        day += timedelta(days=length)


def _keep_ended() -> int:
    """Summarizes the next days, at most until a fortnight ends; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        if row is None:
            return 0
        after, last = row
        if after is None:
            cursor.execute(_FORGET_ALL)
            cursor.execute(_FIRST, [list(METRICS)])
            after = min(cursor.fetchone()[0] or last, last) - timedelta(days=1)
        first = after + timedelta(days=1)
        if first > last:
            return 0
        fortnight = fortnight_of(first)
        ends = fortnight + timedelta(days=FORTNIGHT - 1)
        until = min(ends, last)
        managers = _managers(cursor)
        days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
        make_summaries([(each, day) for day in days for each in managers], DAY)
        make_presence(managers, first, until)
        if until == ends:
            make_summaries([(each, fortnight) for each in managers], FORTNIGHT)
        cursor.execute(_SETTLED, [until])
    return len(days)


def _keep_marked() -> int:
    """Rebuilds marked days; returns their number."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        cursor.execute(_TAKE_MARKS, [DAYS_AT_ONCE])
        marked: list[Span] = cursor.fetchall()
        until = row and row[0]
        if until is not None:
            # Later days are summarized when they are over.
            days = [span for span in marked if span[1] <= until]
            make_summaries(days, DAY)
            for day, managers in by_day(days):
                make_presence(managers, day, day)
            fortnights = {(each, fortnight_of(day)) for each, day in days}
            ended = until - timedelta(days=FORTNIGHT - 1)
            make_summaries(
                sorted(span for span in fortnights if span[1] <= ended), FORTNIGHT
            )
    return len(marked)


def _managers(cursor: Any) -> list[int]:
    cursor.execute(_MANAGERS)
    return [manager_id for (manager_id,) in cursor.fetchall()]
