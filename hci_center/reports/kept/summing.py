"""Builds and verifies the summaries of days and fortnights, and days of presence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from hci_center.reports.kept.presence_days import differing_presence

DAY, FORTNIGHT = 1, 14
# A Monday, on which fortnights begin.
EPOCH = date(2001, 1, 1)
# Summarized samples: all except holds, from which presence is computed.
METRICS = (
    "tme", "unserved", "queue", "tmr1", "tmr", "phone1", "phone", "unanswered", "owed",
    "reaction", "tma", "resolution", "full_resolution", "csat", "answered_surveys", "left",
    "requeues",
)  # fmt: skip

# The columns of a sample that are in a summary.
SUMMED = """manager_id, metric, day, area_id, operator_id, channel, micros, business_micros,
  target, mark, chat_id, episode"""
# The columns of `gone` and `made`.
RETURNED = f"{SUMMED}, begins, ends"
# The part of a hold that may be stored by now; a running one has no end.
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
    """Seconds of a clock and, unless each occurs once, their counts."""
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
# Each row of `tma` is a part of an episode: rows of the same group are added up.
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
# Spans that contain a marked day are excluded.
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

# A manager's id, and the first day.
Span = tuple[int, date]


@dataclass(frozen=True, slots=True)
class SummaryDifference:
    """A row that is only stored, or only computed."""

    manager_id: int
    side: str
    row: str


def fortnight_of(day: date) -> date:
    """Returns the first day of the fortnight that contains the day."""
    return day - timedelta(days=(day - EPOCH).days % FORTNIGHT)


def differing_summaries(spans: Sequence[Span], length: int) -> list[SummaryDifference]:
    """Returns the differences between summaries of the spans and their samples."""
    if not spans:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_statement(_COMPARED, length), _values(spans, length))
        found = [SummaryDifference(*row) for row in cursor.fetchall()]
    if length == DAY:
        for day, managers in by_day(spans):
            differing = differing_presence(managers, day, day)
            found += [SummaryDifference(*row) for row in differing]
    return found


def make_summaries(spans: Sequence[Span], length: int) -> None:
    """Rebuilds the summaries of these spans."""
    if spans:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, _values(spans, length))
            cursor.execute(_statement(_KEEP, length), _values(spans, length))


def by_day(spans: Sequence[Span]) -> list[tuple[date, list[int]]]:
    found: dict[date, list[int]] = {}
    for manager_id, day in spans:
        found.setdefault(day, []).append(manager_id)
    return list(found.items())


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
