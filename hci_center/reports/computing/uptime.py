"""`health`: uptime of accounts, incidents, and suspicious hours without messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import Report, fetch, ordered, share

# Shorter interruptions are not incidents.
SHORTEST_S = 60
# An hour of an account without any message is a suspected gap if the same hour of these
# weeks before had a median of at least one.
WEEKS = 4

_DAYS = """
WITH span AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
), session AS MATERIALIZED (
  SELECT s.*, coalesce(s.ends, statement_timestamp()) AS until
    FROM report_sessions(%(managers)s) s
   WHERE %(channel)s::text IS NULL OR s.channel = %(channel)s
)"""
# Cut at midnight.
_PIECES = f"""{_DAYS}, source AS (
  SELECT s.manager_id, s.channel, x.day, s.state,
         report_micros(least(s.until, x.ends) - greatest(s.begins, x.begins)) AS micros
    FROM session s JOIN span x ON x.manager_id = s.manager_id AND s.begins < x.ends
     AND s.until > x.begins
   WHERE s.state <> 'unknown' AND {{filters}}
)"""  # noqa: S608 - of constants
# Counted on the day on which it ended; an ongoing one counts today.
_INCIDENTS = f"""{_DAYS}, source AS (
  SELECT s.manager_id, s.channel, x.day, s.begins, s.ends, s.until, s.source
    FROM session s JOIN span x ON x.manager_id = s.manager_id AND s.until >= x.begins
     AND s.until < x.ends
   WHERE s.state = 'down' AND s.until - s.begins >= interval '{SHORTEST_S} seconds'
     AND {{filters}}
)"""  # noqa: S608 - of constants
# Only past hours. The second smallest of four is their median, so three of the four
# weeks before had messages: the third of them one or two weeks before.
_GAPS = f"""
WITH period AS (
  SELECT min(d.begins) AS begins, max(d.ends) AS ends
    FROM report_days(%(managers)s, %(since)s::date - {7 * WEEKS}, %(until)s) d
), heard AS (
  SELECT x.manager_id, x.channel, x.hour, x.day FROM (
    SELECT h.manager_id, h.channel, h.day, h.hour, h.kind FROM report_hour h
     WHERE h.begins < (SELECT max(r.until) FROM report_settled r)
     UNION ALL
    SELECT u.manager_id, u.channel, u.day, u.hour, u.kind FROM period
     CROSS JOIN LATERAL report_unsettled(%(managers)s, period.begins, period.ends) u) x
   WHERE x.manager_id = ANY(%(managers)s) AND x.kind <> 'new_contacts'
     AND x.day BETWEEN %(since)s::date - {7 * WEEKS} AND %(until)s
     AND (%(channel)s::text IS NULL OR x.channel = %(channel)s)
   GROUP BY 1, 2, 3, 4
), hour AS (
  SELECT h.*, lag(h.day, 2) OVER same AS third, lead(h.day) OVER same AS next
    FROM heard h
  WINDOW same AS (PARTITION BY h.manager_id, h.channel, h.hour, mod(h.day - DATE '2001-01-01', 7)
                  ORDER BY h.day)
), awaited AS MATERIALIZED (
  SELECT h.manager_id, h.channel, h.hour, h.day + 7 * w.week AS day
    FROM hour h CROSS JOIN (VALUES (1), (2)) w (week)
   WHERE h.third >= h.day - 7 * ({WEEKS} - w.week)
     AND (h.next > h.day + 7 * w.week) IS NOT FALSE
     AND h.day + 7 * w.week BETWEEN %(since)s AND %(until)s{{own}}
), source AS (
  SELECT a.manager_id, a.channel, a.day, a.hour,
         (a.day + a.hour * interval '1 hour') AT TIME ZONE z.zone AS begins
    FROM awaited a
    JOIN report_days(%(managers)s, %(since)s, %(until)s) z
      ON z.manager_id = a.manager_id AND z.day = a.day
   WHERE (a.day + a.hour * interval '1 hour') AT TIME ZONE z.zone AT TIME ZONE z.zone
         = a.day + a.hour * interval '1 hour'
     AND (a.day + a.hour * interval '1 hour') AT TIME ZONE z.zone >= z.begins
     AND (a.day + a.hour * interval '1 hour') AT TIME ZONE z.zone < z.ends
     AND (a.day + (a.hour + 1) * interval '1 hour') AT TIME ZONE z.zone
         <= date_trunc('hour', statement_timestamp() - interval '10 minutes', 'UTC')
)"""  # noqa: S608 - of constants
# Manager, channel and the start of the hour.
Gap = tuple[int, str, datetime]


def uptime(question: Question) -> Report:
    """Returns the seconds of accounts, their incidents and suspected gaps."""
    return uptime_with_gaps(question)[0]


def uptime_with_gaps(question: Question) -> tuple[Report, list[Gap]]:
    """Returns the same, and each of the suspected gaps, the latest first."""
    keys = question.keys("s")
    micros: dict[tuple[str, ...] | None, list[int]] = {}
    statement = f"""{_PIECES.format(filters=_filters(question))}
SELECT {keys} AS k, coalesce(sum(s.micros) FILTER (WHERE s.state = 'open'), 0),
       sum(s.micros) FROM source s GROUP BY k
"""  # noqa: S608 - of columns
    report = Report(total=_nothing())
    for key, is_open, known in fetch(question, statement):
        for place in (tuple(key), None):
            both = micros.setdefault(place, [0, 0])
            both[0] += int(is_open)
            both[1] += int(known)
    for place, (is_open, known) in micros.items():
        figures = report.total
        if place is not None:
            figures = report.rows.setdefault(place, _nothing())
        figures["open"], figures["known"] = is_open // 1_000_000, known // 1_000_000
        figures["rate"] = share(is_open, known)
    begin = _INCIDENTS.format(filters=_filters(question))
    counted = f"{begin} SELECT {keys} AS k, count(*) FROM source s GROUP BY k"  # noqa: S608
    for key, count in fetch(question, counted):
        report.rows.setdefault(tuple(key), _nothing())["n"] = count
        report.total["n"] += count
    own = question.own_days("h.manager_id", "h.day + 7 * w.week")
    begin = _GAPS.format(own=own)
    listed = f"""{begin} SELECT {keys}, s.manager_id, s.channel, s.begins FROM source s
 ORDER BY s.begins DESC, s.manager_id, s.channel"""  # noqa: S608 - of columns
    gaps = []
    for key, *gap in fetch(question, listed):
        report.rows.setdefault(tuple(key), _nothing())["gaps"] += 1
        report.total["gaps"] += 1
        gaps.append(tuple(gap))
    return ordered(report, question), gaps


def listed_incidents(question: Question, _part: str) -> tuple[str, str]:
    """Returns SQL that lists incidents: its start, and the columns."""
    begin = _INCIDENTS.format(filters=_filters(question))
    return (
        begin,
        """
  SELECT s.until AS at, 0::bigint AS chat_id, 0 AS episode, s.source, s.manager_id,
         0::bigint AS area_id, 0::bigint AS operator_id, s.channel, s.begins, s.ends,
         report_micros(s.until - s.begins) / 1000000 AS seconds, NULL::bigint AS business,
         NULL::smallint AS mark, NULL::bigint AS contact_id, NULL::bigint AS of_chat
    FROM source s""",
    )


def sessions(question: Question) -> list[tuple[Any, ...]]:
    """Returns the states of accounts, clipped to the period.

    For each manager and channel: state, start and end, in order.
    """
    return fetch(
        question,
        f"""{_DAYS}, period AS (
  SELECT manager_id, min(begins) AS begins, max(ends) AS ends FROM span GROUP BY 1
)
SELECT s.manager_id, s.channel, s.state, greatest(s.begins, p.begins),
       least(s.until, p.ends)
  FROM session s JOIN period p ON p.manager_id = s.manager_id AND s.begins < p.ends
   AND s.until > p.begins
 ORDER BY 1, 2, 4
""",  # noqa: S608
    )


def bounds(question: Question) -> tuple[datetime, datetime]:
    """Returns the first and the last instant of the period's days."""
    statement = """
SELECT min(d.begins), max(d.ends)
  FROM report_days(%(managers)s, %(since)s, %(until)s) d
"""
    [(begins, ends)] = fetch(question, statement)
    return begins, ends


def _filters(question: Question) -> str:
    own = question.own_days("x.manager_id", "x.day")
    if question.weekday is None:
        return f"true{own}"
    return f"extract(isodow FROM x.day) = %(weekday)s{own}"


def _nothing() -> dict[str, Any]:
    return {"n": 0, "open": 0, "known": 0, "rate": None, "gaps": 0}
