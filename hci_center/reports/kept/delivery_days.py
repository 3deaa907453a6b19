"""Stores the deliveries of each day with their durations, and verifies them.

A day is stored a day after its end. A later change of one of its deliveries adds a row
to `report_dirty_delivery` in the same transaction: that day is then computed live until
the worker has rebuilt it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

# How much of the past, and how many changed deliveries, a transaction processes.
AT_ONCE = timedelta(days=1)
MARKS_AT_ONCE = 1000

COLUMNS = "manager_id, day, channel, part, code, step, count, millis"

# For each of the spans `{days}`, with index-only scans of `deliveries_queued`: one scan
# per part is faster than building four rows per delivery. A message that was delivered
# in the end has not failed.
_OF_A_DAY = """
  FROM {days} x CROSS JOIN LATERAL (
    SELECT d.channel, d.queued_at, d.sent_at, d.delivered_at, d.failed_code
      FROM chats_delivery d
     WHERE d.manager_id = x.manager_id AND d.queued_at >= x.begins
       AND d.queued_at < x.ends AND {filters} OFFSET 0) s"""
LENGTHS = f"""
  SELECT x.manager_id, x.day, s.channel, 'queued' AS part, '' AS code, NULL::bigint AS v
  {_OF_A_DAY}
   UNION ALL
  SELECT x.manager_id, x.day, s.channel, 'failed', s.failed_code, NULL
  {_OF_A_DAY} WHERE s.failed_code <> '' AND s.delivered_at IS NULL
   UNION ALL
  SELECT x.manager_id, x.day, s.channel, 'sent', '',
         report_millis(s.sent_at - s.queued_at)
  {_OF_A_DAY} WHERE s.sent_at IS NOT NULL
   UNION ALL
  SELECT x.manager_id, x.day, s.channel, 'delivered', '',
         report_millis(s.delivered_at - s.sent_at)
  {_OF_A_DAY} WHERE s.sent_at IS NOT NULL AND s.delivered_at IS NOT NULL"""

# One worker at a time; the others skip it. The lock's name must not change: an earlier
# version may run at the same time.
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('hci_center.reports.deliveries'))"
_NEXT = """
SELECT deliveries_until,
       date_trunc('hour', clock_timestamp() - interval '1 day', 'UTC')
  FROM report_settled
"""
_FIRST = """
SELECT date_trunc('hour', min(d.queued_at), 'UTC') FROM managers_manager m
 CROSS JOIN LATERAL (SELECT queued_at FROM chats_delivery WHERE manager_id = m.id
                      ORDER BY queued_at LIMIT 1) d
"""
_FORGET_ALL = "DELETE FROM report_delivery"
_SETTLED = "UPDATE report_settled SET deliveries_until = %s"
# The whole days that ended in a span of time. A day in which the time zone changed has
# several pieces, and ends with the last.
_ENDED = """
SELECT d.manager_id, d.day
  FROM report_days(%(managers)s::bigint[], %(after)s::timestamptz::date - 2,
                   %(until)s::timestamptz::date + 2) d
 GROUP BY 1, 2 HAVING max(d.ends) > %(after)s AND max(d.ends) <= %(until)s
 ORDER BY 2, 1
"""
_MARKS = """
SELECT id, manager_id, queued_at FROM report_dirty_delivery ORDER BY id LIMIT %s
"""
_OF_MARKS = """
SELECT DISTINCT d.manager_id, d.day
  FROM unnest(%(managers)s::bigint[], %(moments)s::timestamptz[]) m (manager_id, at)
 CROSS JOIN LATERAL report_days(ARRAY[m.manager_id], m.at::date - 2, m.at::date + 2) d
 WHERE m.at >= d.begins AND m.at < d.ends
   AND d.ends <= (SELECT max(s.deliveries_until) FROM report_settled s)
"""
_DONE = "DELETE FROM report_dirty_delivery WHERE id = ANY(%s)"
_WANTED = """
WITH wanted AS (
  SELECT * FROM unnest(%(managers)s::bigint[], %(days)s::date[]) w (manager_id, day)
), days AS MATERIALIZED (
  SELECT x.* FROM report_days(%(managers)s::bigint[],
                              (SELECT min(w.day) FROM wanted w),
                              (SELECT max(w.day) FROM wanted w)) x
    JOIN wanted w ON w.manager_id = x.manager_id AND w.day = x.day
)"""
_COMPUTED = f"""
SELECT manager_id, day, channel, part, code, coalesce(report_step(v), 0) AS step,
       count(*)::integer AS count, coalesce(array_agg(v ORDER BY v) FILTER (WHERE v IS NOT NULL), '{{}}') AS millis
  FROM ({LENGTHS.format(days="days", filters="true")}) l GROUP BY 1, 2, 3, 4, 5, 6"""  # noqa: S608 - of constants
_FORGET = """
DELETE FROM report_delivery k
 USING unnest(%(managers)s::bigint[], %(days)s::date[]) w (manager_id, day)
 WHERE k.manager_id = w.manager_id AND k.day = w.day
"""
_KEEP = f"""{_WANTED}
INSERT INTO report_delivery ({COLUMNS})
SELECT {COLUMNS} FROM ({_COMPUTED}) m
"""  # noqa: S608 - of columns
# Marked days are excluded.
_COMPARED = f"""{_WANTED}, unmarked AS (
  SELECT DISTINCT x.manager_id, x.day FROM days x
   WHERE NOT EXISTS (SELECT FROM report_dirty_delivery d JOIN days y
                        ON y.manager_id = d.manager_id AND d.queued_at >= y.begins
                       AND d.queued_at < y.ends
                     WHERE y.manager_id = x.manager_id AND y.day = x.day)
), computed AS (SELECT {COLUMNS} FROM ({_COMPUTED}) m),
kept AS (
  SELECT {COLUMNS} FROM report_delivery k JOIN wanted w USING (manager_id, day)
)
SELECT manager_id, side, what::text FROM (
  SELECT manager_id, day, 'computed' AS side, to_jsonb(x) AS what
    FROM (SELECT * FROM computed EXCEPT ALL SELECT * FROM kept) x
   UNION ALL
  SELECT manager_id, day, 'kept', to_jsonb(x)
    FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM computed) x) found
  JOIN unmarked USING (manager_id, day)
 ORDER BY manager_id, what::text, side
"""  # noqa: S608 - of columns
_KEPT = """
WITH settled AS (
  SELECT max(deliveries_until) AS until FROM report_settled
), bounds AS (
  SELECT greatest(%(since)s::date, least(min(k.day), (SELECT min(d.day) FROM (
           SELECT (d.queued_at - interval '1 day')::date AS day
             FROM managers_manager m CROSS JOIN LATERAL (
               SELECT queued_at FROM chats_delivery WHERE manager_id = m.id
                ORDER BY queued_at LIMIT 1) d) d))) AS since,
         (SELECT s.until::date + 1 FROM settled s) AS until
    FROM report_delivery k
)
SELECT d.day, array_agg(DISTINCT d.manager_id ORDER BY d.manager_id)
  FROM bounds b CROSS JOIN LATERAL (
    SELECT x.manager_id, x.day FROM report_days(%(managers)s, b.since, b.until) x
     GROUP BY 1, 2 HAVING max(x.ends) <= (SELECT s.until FROM settled s)) d
 GROUP BY d.day ORDER BY d.day
"""

# A manager's id and one of its days.
ManagerDay = tuple[int, date]


@dataclass(frozen=True, slots=True)
class DeliveryDifference:
    """A row that is only stored, or only computed."""

    manager_id: int
    side: str
    row: str


def keep_deliveries() -> int:
    """Stores the days that ended long enough ago, and rebuilds changed ones.

    Returns the number of days.
    """
    total = 0
    while found := _keep_ended():
        total += found
    while found := _keep_marked():
        total += found
    return total


def rebuild_days(days: Sequence[ManagerDay]) -> None:
    """Rebuilds the stored rows of the days, in a transaction."""
    if days:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FORGET, _values(days))
            cursor.execute(_KEEP, _values(days))


def differing_days(days: Sequence[ManagerDay]) -> list[DeliveryDifference]:
    """Returns the differences between stored rows of the days and their deliveries.

    Days that are marked to be rebuilt are excluded.
    """
    if not days:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, _values(days))
        return [DeliveryDifference(*row) for row in cursor.fetchall()]


def kept_days(
    manager_id: int | None = None, since: date | None = None
) -> Iterator[list[ManagerDay]]:
    """Yields the stored days, those of all managers together."""
    managers = None if manager_id is None else [manager_id]
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, {"managers": managers, "since": since})
        found = cursor.fetchall()
    for day, of in found:
        yield [(each, day) for each in of]


def _keep_ended() -> int:
    """Stores ended days and returns their number; 0 if none is due."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        if row is None:
            return 0
        after, last = row
        if after is not None and after >= last:
            return 0
        if after is None:
            cursor.execute(_FORGET_ALL)
            cursor.execute(_FIRST)
            after = cursor.fetchone()[0] or last
        until = min(after + AT_ONCE, last)
        cursor.execute(_ENDED, {"managers": None, "after": after, "until": until})
        rebuild_days(cursor.fetchall())
        cursor.execute(_SETTLED, [until])
    span: timedelta = until - after
    return max(0, span.days)


def _keep_marked() -> int:
    """Rebuilds marked days and returns the number of marks processed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_MARKS, [MARKS_AT_ONCE])
        marks = cursor.fetchall()
        if not marks:
            return 0
        ids, managers, moments = zip(*marks, strict=True)
        values = {"managers": list(managers), "moments": list(moments)}
        cursor.execute(_OF_MARKS, values)
        rebuild_days(cursor.fetchall())
        cursor.execute(_DONE, [list(ids)])
    return len(marks)


def _values(days: Sequence[ManagerDay]) -> dict[str, Any]:
    managers, dates = zip(*days, strict=True)
    return {"managers": list(managers), "days": list(dates)}
