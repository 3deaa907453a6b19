"""Keeps samples summed up by days and fortnights, and presence by days, and compares.

Whatever changes the samples of a day that is over adds a row to `report_dirty_day` in its
own transaction: its samples are then read one by one, until the worker has summed them
up anew. A day is summed up when it has been over everywhere for twelve hours, and so
no change of it is missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from hci_center.reports.presence_days import differing_presence, make_presence

DAY, FORTNIGHT = 1, 14
# A Monday, on which fortnights begin.
EPOCH = date(2001, 1, 1)
# How many marks a transaction takes.
MARKS_AT_ONCE = 1000
# What is summed up: all samples but holds, of which presence is computed.
METRICS = (
    "tme", "unserved", "queue", "tmr1", "tmr", "phone1", "phone", "unanswered", "owed",
    "reaction", "tma", "resolution", "full_resolution", "csat", "answered_surveys", "left",
    "requeues",
)  # fmt: skip

# What of a sample is in a summary.
SUMMED = """manager_id, metric, day, area_id, operator_id, channel, micros, business_micros,
  target, mark, chat_id, episode"""
# What of a sample both say.
RETURNED = f"{SUMMED}, begins, ends"
# Of a hold, what of it may be kept by now; one that goes on has no end.
_HOLD = """
SELECT manager_id, operator_id, begins,
       least(CASE WHEN metric = 'hold' THEN ends END,
             statement_timestamp() - interval '6 hours') AS until
  FROM {table}
 WHERE metric IN ('hold', 'holding')
   AND begins < statement_timestamp() - interval '6 hours'"""
_GONE, _MADE = _HOLD.format(table="gone"), _HOLD.format(table="made")
# Marks the days of the samples that are only in one of `gone` and `made`.
MARK = f"""
INSERT INTO report_dirty_day (manager_id, day)
SELECT DISTINCT x.manager_id, x.day FROM (
  (SELECT {SUMMED} FROM gone EXCEPT ALL SELECT {SUMMED} FROM made)
   UNION ALL
  (SELECT {SUMMED} FROM made EXCEPT ALL SELECT {SUMMED} FROM gone)) x
 WHERE x.day < (clock_timestamp() AT TIME ZONE 'UTC')::date
   AND x.metric NOT IN ('hold', 'holding')
 UNION
SELECT x.manager_id, g::date FROM (
  ({_GONE} EXCEPT ALL {_MADE}) UNION ALL ({_MADE} EXCEPT ALL {_GONE})) x
 CROSS JOIN LATERAL generate_series(
         date_trunc('day', (x.begins - interval '14 hours') AT TIME ZONE 'UTC'),
         (x.until + interval '14 hours') AT TIME ZONE 'UTC', interval '1 day') g
 WHERE g < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
"""  # noqa: S608 - of columns

_KEYS = "manager_id, metric, part, day, days, part_id, channel, mark, met"
COLUMNS = f"{_KEYS}, n, seconds, counts, business, business_counts"
_PARTS = {
    DAY: "('', 0::bigint)",
    FORTNIGHT: "('area', coalesce(s.area_id, 0)), ('operator', coalesce(s.operator_id, 0))",
}
_WANTED = """
WITH wanted AS (
  SELECT w.manager_id, w.day FROM unnest(%(managers)s::bigint[], %(days)s::date[])
           w (manager_id, day)
)"""
_WHICH = {"": "NOT is_business", "business_": "is_business"}


def _numbers(of: str) -> str:
    """Seconds of a clock and, unless each is there once, how often each is."""
    which = f"FILTER (WHERE {_WHICH[of]})"
    return f"""array_agg(v ORDER BY v) {which} AS {of.strip("_") or "seconds"},
       CASE WHEN max(c) {which} > 1 THEN array_agg(c ORDER BY v) {which}
            ELSE '{{}}' END AS {of}counts"""


_COMPUTED = f"""
SELECT {_KEYS}, sum(c) FILTER (WHERE NOT is_business)::integer AS n,
       {_numbers("")}, {_numbers("business_")}
  FROM (
    SELECT {_KEYS}, grouping(seconds) = 1 AS is_business, coalesce(seconds, business) AS v,
           count(*)::integer AS c
      FROM measured
     GROUP BY GROUPING SETS (({_KEYS}, seconds), ({_KEYS}, business))) c
 GROUP BY {_KEYS}"""  # noqa: S608 - of columns
# Each row of `tma` is of a part of an episode: those of what is told apart are added up.
_MEASURED = """, sample AS (
  SELECT w.manager_id, m.metric, x.part, w.day, {length}::smallint AS days, x.part_id,
         s.channel, s.mark, (s.business_micros / 1000000 <= s.target)::integer::smallint
           AS met,
         s.micros, s.business_micros, s.chat_id, s.episode
    FROM wanted w CROSS JOIN unnest(%(metrics)s::text[]) m (metric)
    JOIN report_sample s ON s.manager_id = w.manager_id AND s.metric = m.metric
     AND s.day >= w.day AND s.day < w.day + {length}
   CROSS JOIN LATERAL (VALUES {parts}) x (part, part_id)
), measured AS (
  SELECT {keys}, (micros / 1000000)::integer AS seconds,
         (business_micros / 1000000)::integer AS business
    FROM sample WHERE metric <> 'tma'
   UNION ALL
  SELECT manager_id, metric, part, day, days, part_id, channel,
         (CASE part WHEN 'operator' THEN max(mark & 1) WHEN 'area' THEN max(mark & 2) / 2
               END)::smallint,
         NULL, (sum(micros)::bigint / 1000000)::integer,
         (sum(business_micros)::bigint / 1000000)::integer
    FROM sample WHERE metric = 'tma'
   GROUP BY manager_id, metric, part, day, days, part_id, channel, chat_id, episode
)"""
_FORGET = """
DELETE FROM report_summary k
 USING unnest(%(managers)s::bigint[], %(days)s::date[]) w (manager_id, day)
 WHERE k.manager_id = w.manager_id AND k.day = w.day AND k.days = %(length)s
   AND k.metric = ANY(%(metrics)s)
"""
_KEEP = f"""
INSERT INTO report_summary ({COLUMNS})
SELECT {COLUMNS} FROM ({{computed}}) c
"""  # noqa: S608 - of columns
# Spans in which a day is marked are left out.
_COMPARED = f""", unmarked AS (
  SELECT w.manager_id, w.day FROM wanted w
   WHERE NOT EXISTS (SELECT FROM report_dirty_day d WHERE d.manager_id = w.manager_id
                        AND d.day >= w.day AND d.day < w.day + {{length}})
), computed AS (SELECT {COLUMNS} FROM ({{computed}}) c),
kept AS (
  SELECT {COLUMNS} FROM report_summary k JOIN wanted w USING (manager_id, day)
   WHERE k.days = {{length}}
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

# One at a time writes them; the others have nothing to do.
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
_FORGET_ALL = "DELETE FROM report_summary"
_SETTLED = "UPDATE report_settled SET summaries_until = %s"
_MANAGERS = "SELECT id FROM managers_manager ORDER BY id"
_MARKS = "SELECT id, manager_id, day FROM report_dirty_day ORDER BY id LIMIT %s"
_DONE = "DELETE FROM report_dirty_day WHERE id = ANY(%s)"
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

# A manager's id, and the first day.
Span = tuple[int, date]


@dataclass(frozen=True, slots=True)
class SummaryDifference:
    """A row that is only kept, or only computed."""

    manager_id: int
    side: str
    row: str


def fortnight_of(day: date) -> date:
    """Returns the first day of its fortnight."""
    return day - timedelta(days=(day - EPOCH).days % FORTNIGHT)


def keep_summaries() -> int:
    """Sums up the days that are over, and changed ones anew; returns how many."""
    total = 0
    while found := _keep_ended():
        total += found
    while found := _keep_marked():
        total += found
    return total


def forget_summaries(manager_id: int | None = None, since: date | None = None) -> None:
    """Has all days summed up anew, or only some of them."""
    values: dict[str, Any] = {"manager": manager_id, "since": since}
    with connection.cursor() as cursor:
        if manager_id is None and since is None:
            cursor.execute(_SETTLED, [None])
        else:
            cursor.execute(_MARK_ALL, values)


def mark_days(days: Sequence[Span]) -> None:
    """Has these days summed up anew."""
    managers, dates = zip(*days, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_MARK_DAYS, [list(managers), list(dates)])


def kept_spans(
    length: int, manager_id: int | None = None, since: date | None = None
) -> Iterator[list[Span]]:
    """Yields the spans of that length that are summed up, those of all managers together."""
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


def differing_summaries(spans: Sequence[Span], length: int) -> list[SummaryDifference]:
    """Returns the rows in which what is kept of the spans differs from their samples."""
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_statement(_COMPARED, length), _values(spans, length))
        found = [SummaryDifference(*row) for row in cursor.fetchall()]
    if length == DAY:
        for day, managers in _by_day(spans):
            differing = differing_presence(managers, day, day)
            found += [SummaryDifference(*row) for row in differing]
    return found


def _make(spans: Sequence[Span], length: int) -> None:
    if spans:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, _values(spans, length))
            cursor.execute(_statement(_KEEP, length), _values(spans, length))


def _keep_ended() -> int:
    """Sums up the next days, at most to a fortnight's end; returns how many they were."""
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
        _make([(each, day) for day in days for each in managers], DAY)
        make_presence(managers, first, until)
        if until == ends:
            _make([(each, fortnight) for each in managers], FORTNIGHT)
        cursor.execute(_SETTLED, [until])
    return len(days)


def _keep_marked() -> int:
    """Returns how many marks were taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_NEXT)
        row = cursor.fetchone()
        cursor.execute(_MARKS, [MARKS_AT_ONCE])
        marks = cursor.fetchall()
        until = row and row[0]
        if not marks:
            return 0
        if until is not None:
            # What is later is summed up when it is over.
            days = {(each, day) for _id, each, day in marks if day <= until}
            _make(sorted(days), DAY)
            for day, managers in _by_day(sorted(days)):
                make_presence(managers, day, day)
            fortnights = {(each, fortnight_of(day)) for each, day in days}
            ended = until - timedelta(days=FORTNIGHT - 1)
            _make(sorted(span for span in fortnights if span[1] <= ended), FORTNIGHT)
        cursor.execute(_DONE, [[mark for mark, _manager, _day in marks]])
    return len(marks)


def _by_day(spans: Sequence[Span]) -> list[tuple[date, list[int]]]:
    found: dict[date, list[int]] = {}
    for manager_id, day in spans:
        found.setdefault(day, []).append(manager_id)
    return list(found.items())


def _managers(cursor: Any) -> list[int]:
    cursor.execute(_MANAGERS)
    return [manager_id for (manager_id,) in cursor.fetchall()]


def _statement(end: str, length: int) -> str:
    begin = _MEASURED.format(length=length, parts=_PARTS[length], keys=_KEYS)
    return (
        _WANTED
        + begin
        + end.replace("{computed}", _COMPUTED).replace("{length}", str(length))
    )


def _values(spans: Sequence[Span], length: int) -> dict[str, Any]:
    managers, days = zip(*spans, strict=True)
    return {
        "managers": list(managers),
        "days": list(days),
        "length": length,
        "metrics": list(METRICS),
    }
