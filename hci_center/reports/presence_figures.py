"""`occupancy`, `concurrency` and `pauses`: spans of presence, and the holds in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hci_center.reports.questions import Question, live_chats
from hci_center.reports.report import Key, Report, fetch, ordered, share

NAMES = ("occupancy", "concurrency", "pauses")

# Cut at midnight: of each zone that the manager had, the days that a span or hold touches.
# A span that nobody has ended lasts until it was last seen.
_SPANS = """, day AS MATERIALIZED (
  SELECT * FROM report_days(%(managers)s, %(since)s, %(until)s)
), zone AS MATERIALIZED (
  SELECT * FROM report_zones(%(managers)s)
), span AS MATERIALIZED (
  SELECT s.manager_id, s.operator_id, s.id, s.state, s.reason, d.day,
         greatest(s.started_at, d.begins) AS begins, least(s.ended_at, d.ends) AS ends
    FROM (
      SELECT o.manager_id, s.operator_id, s.id, s.state, s.reason, s.started_at,
             x.ended_at, g.day::date AS day, z.begins AS zone_begins, z.ends AS zone_ends
        FROM areas_presencespan s JOIN areas_operator o ON o.id = s.operator_id
       CROSS JOIN LATERAL (SELECT coalesce(s.ended_at, s.seen_at) AS ended_at) x
        JOIN zone z ON z.manager_id = o.manager_id AND s.started_at < z.ends
         AND x.ended_at > z.begins
       CROSS JOIN LATERAL generate_series(
               (s.started_at AT TIME ZONE z.zone)::date::timestamp,
               x.ended_at AT TIME ZONE z.zone, interval '1 day') g(day)
       WHERE o.manager_id = ANY(%(managers)s) AND s.started_at < x.ended_at
         AND s.started_at < %(until)s::date + 2
         AND x.ended_at > %(since)s::date - 2{filters} OFFSET 0) s
    JOIN day d ON d.manager_id = s.manager_id AND d.day = s.day
     AND s.started_at < d.ends AND s.ended_at > d.begins
     AND d.begins >= s.zone_begins AND d.begins < s.zone_ends
)"""
_HOLDS = """, held AS MATERIALIZED (
  SELECT s.manager_id, s.operator_id, s.begins, s.ends FROM report_sample s
   WHERE s.metric = 'hold' AND s.manager_id = ANY(%(managers)s)
     AND s.day >= %(since)s::date - 1 AND s.begins < %(until)s::date + 2
     AND s.chat_id NOT IN (SELECT d.id FROM dirty d)
   UNION ALL
  SELECT s.manager_id, s.operator_id, s.begins, statement_timestamp()
    FROM report_sample s JOIN chats_chat h ON h.id = s.chat_id AND h.closed_at IS NULL
   WHERE s.metric = 'holding' AND s.manager_id = ANY(%(managers)s)
     AND s.begins < %(until)s::date + 2
     AND s.chat_id NOT IN (SELECT d.id FROM dirty d)
   UNION ALL
  SELECT s.manager_id, s.operator_id, s.begins, s.ends
    FROM batch b CROSS JOIN LATERAL report_samples(b.ids, ARRAY['hold']) s
), hold AS MATERIALIZED (
  SELECT h.operator_id, h.day, greatest(h.begins, d.begins) AS begins,
         least(h.ends, d.ends) AS ends
    FROM (
      SELECT h.*, g.day::date AS day, z.begins AS zone_begins, z.ends AS zone_ends
        FROM held h
        JOIN zone z ON z.manager_id = h.manager_id AND h.begins < z.ends
         AND h.ends > z.begins
       CROSS JOIN LATERAL generate_series(
               (h.begins AT TIME ZONE z.zone)::date::timestamp,
               h.ends AT TIME ZONE z.zone, interval '1 day') g(day) OFFSET 0) h
    JOIN day d ON d.manager_id = h.manager_id AND d.day = h.day
     AND h.begins < d.ends AND h.ends > d.begins
     AND d.begins >= h.zone_begins AND d.begins < h.zone_ends
)"""
# Of spans online, in microseconds: their length; of those with holds also the time with
# one and that of all added up.
_LOADED = """, loaded AS (
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


def presence(question: Question) -> Report:
    """Returns the figures of one of NAMES."""
    return presences(question, (question.metric,))[question.metric]


def presences(question: Question, metrics: Iterable[str]) -> dict[str, Report]:
    """Returns those of several of NAMES, in one statement."""
    asked = set(metrics)
    if not asked:
        return {}
    has_load, has_pauses = bool(asked - {"pauses"}), "pauses" in asked
    rows: dict[Key, list[int]] = {}
    reasons: dict[Key, dict[str, tuple[int, int]]] = {}
    statement = _statement(question, has_load=has_load, has_pauses=has_pauses)
    for state, keys, reason, *numbers in fetch(question, statement):
        # Without any the one row of all has no sums.
        counts = [int(number or 0) for number in numbers]
        if state == "online":
            rows[tuple(keys)] = counts
        else:
            reasons.setdefault(tuple(keys), {})[reason] = counts[0], counts[1]
    found = _loads(rows) | {"pauses": _pauses(reasons)}
    return {name: ordered(found[name], question) for name in asked}


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
        filters += " AND extract(isodow FROM g.day) = %(weekday)s"
    return _SPANS.replace("{filters}", filters)


def _statement(question: Question, *, has_load: bool, has_pauses: bool) -> str:
    """Returns rows of a state: keys, reason, spans, length, with a hold, of all holds."""
    begin = live_chats(["hold"] if has_load else []) + _spans(question)
    keys, texts = question.columns("s"), question.texts("s")
    parts = []
    if has_load:
        begin += _HOLDS + _LOADED
        parts.append(f"""
SELECT 'online', {texts}, '', sum(s.n), sum(s.micros), sum(s.busy), sum(s.held)
  FROM (SELECT {question.groups("s")}s.n, s.micros, s.busy, s.held FROM source s) s
 GROUP BY {keys}()""")  # noqa: S608 - of columns
    if has_pauses:
        parts.append(f"""
SELECT 'paused', {texts}, s.reason, count(*), sum(s.micros), 0, 0
  FROM (SELECT {question.groups("s")}s.reason, report_micros(s.ends - s.begins) AS micros
          FROM span s WHERE s.state = 'paused') s
 GROUP BY {keys}s.reason""")  # noqa: S608 - of columns
    return begin + " UNION ALL ".join(parts)


def _loads(rows: dict[Key, list[int]]) -> dict[str, Report]:
    total = [sum(numbers) for numbers in zip(*rows.values(), strict=True)] or [0] * 4
    reports = {"occupancy": (_occupancy, Report()), "concurrency": (_mean, Report())}
    for shape, report in reports.values():
        report.rows = {key: shape(*counts) for key, counts in rows.items()}
        report.total = shape(*total)
    return {name: report for name, (_shape, report) in reports.items()}


def _occupancy(n: int, online: int, busy: int, _held: int) -> dict[str, Any]:
    seconds = {"busy": busy // 1_000_000, "online": online // 1_000_000}
    return {"n": n, **seconds, "rate": share(busy, online)}


def _mean(n: int, online: int, _busy: int, held: int) -> dict[str, Any]:
    seconds = {"held": held // 1_000_000, "online": online // 1_000_000}
    return {"n": n, **seconds, "mean": share(held, online)}


def _pauses(found: dict[Key, dict[str, tuple[int, int]]]) -> Report:
    total: dict[str, tuple[int, int]] = {}
    for reasons in found.values():
        for reason, (n, micros) in reasons.items():
            counted, length = total.get(reason, (0, 0))
            total[reason] = counted + n, length + micros
    rows = {key: _paused(reasons) for key, reasons in found.items()}
    return Report(rows, _paused(total))


def _paused(reasons: dict[str, tuple[int, int]]) -> dict[str, Any]:
    return {
        "n": sum(n for n, _micros in reasons.values()),
        "sum": sum(micros for _n, micros in reasons.values()) // 1_000_000,
        "reasons": {
            reason: {"n": n, "sum": micros // 1_000_000}
            for reason, (n, micros) in sorted(reasons.items())
        },
    }
