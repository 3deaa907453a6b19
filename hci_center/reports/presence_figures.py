"""`occupancy`, `concurrency` and `pauses`: spans of presence, and the holds in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hci_center.reports.questions import Question, live_chats
from hci_center.reports.report import Key, Report, fetch, ordered, share

NAMES = ("occupancy", "concurrency", "pauses")

# Cut at midnight. Spans and holds are joined to the few days that they can touch: a date
# of UTC is at most a day from the manager's. One that nobody has ended lasts until it was
# last seen.
_SPANS = """, day AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
), span AS MATERIALIZED (
  SELECT o.manager_id, s.operator_id, s.id, s.state, s.reason, d.day,
         greatest(s.started_at, d.begins) AS begins, least(x.ended_at, d.ends) AS ends
    FROM areas_presencespan s JOIN areas_operator o ON o.id = s.operator_id
   CROSS JOIN LATERAL (SELECT coalesce(s.ended_at, s.seen_at) AS ended_at) x
   CROSS JOIN LATERAL generate_series(s.started_at::date - 1, x.ended_at::date + 1,
                                      interval '1 day') g(day)
    JOIN day d ON d.manager_id = o.manager_id AND d.day = g.day::date
     AND s.started_at < d.ends AND x.ended_at > d.begins
   WHERE o.manager_id = ANY(%(managers)s) AND s.started_at < x.ended_at
     AND s.started_at < %(until)s::date + 2 AND x.ended_at > %(since)s::date - 2{filters}
)"""
_HOLDS = """, held AS MATERIALIZED (
  SELECT s.manager_id, s.operator_id, s.begins, s.ends FROM report_sample s
   WHERE s.metric = 'hold' AND s.manager_id = ANY(%(managers)s)
     AND s.day >= %(since)s::date - 1 AND s.begins < %(until)s::date + 2
     AND NOT EXISTS (SELECT FROM dirty d WHERE d.id = s.chat_id)
   UNION ALL
  SELECT s.manager_id, s.operator_id, s.begins, s.ends
    FROM batch b CROSS JOIN LATERAL report_samples(b.ids, ARRAY['hold']) s
   WHERE s.is_open OR b.is_dirty
), hold AS MATERIALIZED (
  SELECT h.operator_id, d.day, greatest(h.begins, d.begins) AS begins,
         least(h.ends, d.ends) AS ends
    FROM held h
   CROSS JOIN LATERAL generate_series(h.begins::date - 1, h.ends::date + 1,
                                      interval '1 day') g(day)
    JOIN day d ON d.manager_id = h.manager_id AND d.day = g.day::date
     AND h.begins < d.ends AND h.ends > d.begins
)"""
# Of each span online, in microseconds: its length, the time with a hold, and that of all
# holds added up. Of the length of paused ones.
_LOADED = """, loaded AS (
  SELECT s.manager_id, s.operator_id, s.day, s.id, s.begins, s.ends,
         coalesce(sum(report_micros(least(h.ends, s.ends) - greatest(h.begins, s.begins)))
           FILTER (WHERE h.operator_id IS NOT NULL), 0)::bigint AS held,
         range_agg(tstzrange(greatest(h.begins, s.begins), least(h.ends, s.ends)))
           FILTER (WHERE h.operator_id IS NOT NULL) AS times
    FROM span s
    LEFT JOIN hold h ON h.operator_id = s.operator_id AND h.day = s.day
     AND h.begins < s.ends AND h.ends > s.begins
   WHERE s.state = 'online'
   GROUP BY s.manager_id, s.operator_id, s.day, s.id, s.begins, s.ends
), source AS MATERIALIZED (
  SELECT l.manager_id, l.operator_id, l.day, '' AS reason, l.held, 'online' AS state,
         report_micros(l.ends - l.begins) AS micros,
         coalesce((SELECT sum(report_micros(upper(r) - lower(r))) FROM unnest(l.times) r),
                  0)::bigint AS busy
    FROM loaded l
)"""
_PAUSED = """, source AS MATERIALIZED (
  SELECT s.manager_id, s.operator_id, s.day, s.reason, 0 AS held, s.state,
         report_micros(s.ends - s.begins) AS micros, 0 AS busy
    FROM span s WHERE s.state = 'paused'
)"""


def presence(question: Question) -> Report:
    """Returns the figures of one of NAMES."""
    return presences(question, (question.metric,))[question.metric]


def presences(question: Question, metrics: Iterable[str]) -> dict[str, Report]:
    """Returns those of several of NAMES, of which the two of load are asked together."""
    found: dict[str, Report] = {}
    asked = set(metrics)
    if asked & {"occupancy", "concurrency"}:
        found |= _loads(question)
    if "pauses" in asked:
        found["pauses"] = _pauses(question)
    return {name: found[name] for name in asked}


def listed_spans(question: Question, _part: str) -> tuple[str, str]:
    """Returns the spans behind a figure: a statement's beginning, and what to list."""
    state = "paused" if question.metric == "pauses" else "online"
    return (
        live_chats([]) + _spans(question),
        f"""
  SELECT s.ends AS at, 0::bigint AS chat_id, 0 AS episode, s.id AS source, s.manager_id,
         0::bigint AS area_id, s.operator_id, '' AS channel, s.begins, s.ends,
         report_micros(s.ends - s.begins) / 1000000 AS seconds, NULL::bigint AS business,
         NULL::smallint AS mark, NULL::bigint AS contact_id, NULL::bigint AS of_chat
    FROM span s WHERE s.state = '{state}'""",  # noqa: S608 - of a constant
    )


def _spans(question: Question) -> str:
    filters = ""
    if question.operator_id is not None:
        filters += " AND s.operator_id = %(operator)s"
    if question.weekday is not None:
        filters += " AND extract(isodow FROM d.day) = %(weekday)s"
    return _SPANS.replace("{filters}", filters)


def _loads(question: Question) -> dict[str, Report]:
    statement = f"""{live_chats(["hold"])}{_spans(question)}{_HOLDS}{_LOADED}
SELECT {question.keys("s")} AS k, count(*), sum(s.micros), sum(s.busy), sum(s.held)
  FROM source s GROUP BY k
"""  # noqa: S608 - of columns
    rows: dict[Key, list[int]] = {}
    total = [0, 0, 0, 0]
    for key, *numbers in fetch(question, statement):
        rows[tuple(key)] = counts = [int(number) for number in numbers]
        total = [a + b for a, b in zip(total, counts, strict=True)]
    reports = {"occupancy": (_occupancy, Report()), "concurrency": (_mean, Report())}
    for shape, report in reports.values():
        report.rows = {key: shape(*counts) for key, counts in rows.items()}
        report.total = shape(*total)
        ordered(report, question)
    return {name: report for name, (_shape, report) in reports.items()}


def _occupancy(n: int, online: int, busy: int, _held: int) -> dict[str, Any]:
    seconds = {"busy": busy // 1_000_000, "online": online // 1_000_000}
    return {"n": n, **seconds, "rate": share(busy, online)}


def _mean(n: int, online: int, _busy: int, held: int) -> dict[str, Any]:
    seconds = {"held": held // 1_000_000, "online": online // 1_000_000}
    return {"n": n, **seconds, "mean": share(held, online)}


def _pauses(question: Question) -> Report:
    statement = f"""{live_chats([])}{_spans(question)}{_PAUSED}
SELECT {question.keys("s")} AS k, s.reason, count(*), sum(s.micros) FROM source s
 GROUP BY k, s.reason ORDER BY s.reason
"""  # noqa: S608 - of columns
    found: dict[Key | None, dict[str, tuple[int, int]]] = {None: {}}
    for key, reason, n, micros in fetch(question, statement):
        for place in (tuple(key), None):
            reasons = found.setdefault(place, {})
            counted, length = reasons.get(reason, (0, 0))
            reasons[reason] = counted + n, length + int(micros)
    report = Report(total=_paused(found.pop(None)))
    report.rows = {key: _paused(each) for key, each in found.items() if key is not None}
    return ordered(report, question)


def _paused(reasons: dict[str, tuple[int, int]]) -> dict[str, Any]:
    return {
        "n": sum(n for n, _micros in reasons.values()),
        "sum": sum(micros for _n, micros in reasons.values()) // 1_000_000,
        "reasons": {
            reason: {"n": n, "sum": micros // 1_000_000}
            for reason, (n, micros) in sorted(reasons.items())
        },
    }
