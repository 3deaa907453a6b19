"""Stores the presence of operators by day: durations, and concurrent chats.

Days are stored and marked together with those of samples: see `summaries`. A trigger
marks a day when a span of presence changes after the day may have been stored. The
stored rows of days whose spans were deleted (`report_final_presence`) are final.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

# The first day of a manager that is not final; `{x}` is a row with its id.
NOT_FINAL = """coalesce((SELECT f.before FROM report_final_presence f
                            WHERE f.manager_id = {x}.manager_id), '-infinity'::date)"""
# Split at midnight: for each time zone that the manager had, the days that a span or
# hold overlaps, without final days. An unfinished span ends at its last heartbeat.
SPANS = """zone AS MATERIALIZED (
  SELECT * FROM report_zones(%(managers)s)
), span AS MATERIALIZED (
  SELECT s.manager_id, s.operator_id, s.id, s.state, s.reason, s.day,
         greatest(s.started_at, s.day_begins) AS begins,
         least(s.ended_at, s.day_ends) AS ends
    FROM (
      SELECT o.manager_id, s.operator_id, s.id, s.state, s.reason, s.started_at,
             x.ended_at, g.day::date AS day, f.before,
             greatest(z.begins, g.day AT TIME ZONE z.zone) AS day_begins,
             least(z.ends, (g.day + interval '1 day') AT TIME ZONE z.zone) AS day_ends
        FROM {spans} s JOIN areas_operator o ON o.id = s.operator_id
        LEFT JOIN report_final_presence f ON f.manager_id = o.manager_id
       CROSS JOIN LATERAL (SELECT coalesce(s.ended_at, s.seen_at) AS ended_at) x
        JOIN zone z ON z.manager_id = o.manager_id AND s.started_at < z.ends
         AND x.ended_at > z.begins
       CROSS JOIN LATERAL generate_series(
               (s.started_at AT TIME ZONE z.zone)::date::timestamp,
               x.ended_at AT TIME ZONE z.zone, interval '1 day') g(day)
       WHERE o.manager_id = ANY(%(managers)s) AND s.started_at < x.ended_at
         AND s.started_at < %(until)s::date + 2
         AND x.ended_at > %(since)s::date - 2{filters} OFFSET 0) s
   WHERE s.day BETWEEN %(since)s AND %(until)s AND s.day_begins < s.day_ends
     AND s.day >= coalesce(s.before, s.day)
     AND s.started_at < s.day_ends AND s.ended_at > s.day_begins
)"""
# Stored ones; `{since}` is the first day needed.
HELD = """
  SELECT s.manager_id, s.operator_id, s.begins, s.ends FROM report_sample s
   WHERE s.metric = 'hold' AND s.manager_id = ANY(%(managers)s)
     AND s.day >= {since} - 1 AND s.begins < %(until)s::date + 2 AND {which}
   UNION ALL
  SELECT s.manager_id, s.operator_id, s.begins, statement_timestamp()
    FROM report_sample s JOIN chats_chat h ON h.id = s.chat_id AND h.closed_at IS NULL
   WHERE s.metric = 'holding' AND s.manager_id = ANY(%(managers)s)
     AND s.begins < %(until)s::date + 2 AND {which}"""
# Of `held`.
HOLDS = """, hold AS MATERIALIZED (
  SELECT h.operator_id, h.day, greatest(h.begins, h.day_begins) AS begins,
         least(h.ends, h.day_ends) AS ends
    FROM (
      SELECT h.*, g.day::date AS day,
             greatest(z.begins, g.day AT TIME ZONE z.zone) AS day_begins,
             least(z.ends, (g.day + interval '1 day') AT TIME ZONE z.zone) AS day_ends
        FROM held h
        JOIN zone z ON z.manager_id = h.manager_id AND h.begins < z.ends
         AND h.ends > z.begins
       CROSS JOIN LATERAL generate_series(
               (h.begins AT TIME ZONE z.zone)::date::timestamp,
               h.ends AT TIME ZONE z.zone, interval '1 day') g(day) OFFSET 0) h
   WHERE h.day BETWEEN %(since)s AND %(until)s AND h.day_begins < h.day_ends
     AND h.begins < h.day_ends AND h.ends > h.day_begins
)"""
# For online spans, in microseconds: their length; for those with holds also the time
# with at least one hold, and the total of all holds.
LOADED = """, loaded AS (
  SELECT s.manager_id, s.operator_id, s.day,
         sum(report_micros(least(h.ends, s.ends) - greatest(h.begins, s.begins)))::bigint
           AS held,
         range_agg(tstzrange(greatest(h.begins, s.begins), least(h.ends, s.ends))) AS times
    FROM span s
    JOIN hold h ON h.operator_id = s.operator_id AND h.day = s.day
     AND h.begins < s.ends AND h.ends > s.begins
   WHERE s.state = 'online'
   GROUP BY s.manager_id, s.operator_id, s.day, s.id, s.begins, s.ends
), source AS (
  SELECT s.manager_id, s.operator_id, s.day, 1 AS n,
         report_micros(s.ends - s.begins) AS micros, 0::bigint AS busy, 0::bigint AS held
    FROM span s WHERE s.state = 'online'
   UNION ALL
  SELECT l.manager_id, l.operator_id, l.day, 0, 0,
         (SELECT sum(report_micros(upper(r) - lower(r))) FROM unnest(l.times) r)::bigint,
         l.held
    FROM loaded l
)"""

COLUMNS = "manager_id, operator_id, day, state, reason, n, micros, busy, held"
_COMPUTED = f"""WITH {
    SPANS.format(spans="areas_presencespan", filters="")
}, held AS MATERIALIZED ({HELD.format(since="%(since)s::date", which="true")}
){HOLDS}{LOADED}, computed AS (
  SELECT manager_id, operator_id, day, 'online' AS state, '' AS reason,
         sum(n)::integer AS n, sum(micros)::bigint AS micros, sum(busy)::bigint AS busy,
         sum(held)::bigint AS held
    FROM source GROUP BY manager_id, operator_id, day
   UNION ALL
  SELECT manager_id, operator_id, day, 'paused', reason, count(*)::integer,
         sum(report_micros(ends - begins))::bigint, 0, 0
    FROM span WHERE state = 'paused' GROUP BY manager_id, operator_id, day, reason
)"""  # noqa: S608 - of constants
_STORED = f"""
  FROM report_presence p
 WHERE p.manager_id = ANY(%(managers)s) AND p.day BETWEEN %(since)s AND %(until)s
   AND p.day >= {NOT_FINAL.format(x="p")}
"""
_FORGET = f"DELETE {_STORED}"
_KEEP = f"""{_COMPUTED}
INSERT INTO report_presence ({COLUMNS}) SELECT {COLUMNS} FROM computed
"""  # noqa: S608 - of columns
_COMPARED = f"""{_COMPUTED}, kept AS (
  SELECT {COLUMNS} {_STORED}
)
SELECT manager_id, side, what::text FROM (
  SELECT manager_id, day, 'computed' AS side, to_jsonb(x) AS what
    FROM (SELECT {COLUMNS} FROM computed EXCEPT ALL SELECT * FROM kept) x
   UNION ALL
  SELECT manager_id, day, 'kept', to_jsonb(x)
    FROM (SELECT * FROM kept EXCEPT ALL SELECT {COLUMNS} FROM computed) x) f
 WHERE NOT EXISTS (SELECT FROM report_dirty_day d
                    WHERE d.manager_id = f.manager_id AND d.day = f.day)
 ORDER BY manager_id, what::text, side
"""  # noqa: S608 - of columns


def make_presence(managers: Sequence[int], since: date, until: date) -> None:
    """Rebuilds the stored rows of these days, unless they are final."""
    values: dict[str, Any] = {
        "managers": list(managers), "since": since, "until": until,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, values)
        cursor.execute(_KEEP, values)


def differing_presence(
    managers: Sequence[int], since: date, until: date
) -> list[tuple[int, str, str]]:
    """Returns manager, side and row of differences; marked days are excluded."""
    values: dict[str, Any] = {
        "managers": list(managers), "since": since, "until": until,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, values)
        found: list[tuple[int, str, str]] = cursor.fetchall()
    return found
