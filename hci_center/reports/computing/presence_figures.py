"""`occupancy`, `concurrency` and `pauses`: spans of presence, and the holds in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hci_center.reports.computing.questions import Question, live_chats
from hci_center.reports.computing.report import Key, Report, fetch, ordered, share
from hci_center.reports.kept.presence_days import (
    HELD,
    HOLDS,
    LOADED,
    NOT_FINAL,
    SPANS,
)

NAMES = ("occupancy", "concurrency", "pauses")

# Days before `until` are stored, except those of operators in `touched` (with holds of
# chats that are computed live, or marked). These and later days are computed from spans
# and holds, except final days, whose spans were deleted.
_KEPT = """, kept AS MATERIALIZED (
  SELECT greatest(max(least(r.summaries_until, %(until)s::date) + 1), %(since)s::date)
           AS until
    FROM report_settled r WHERE r.summaries_until IS NOT NULL
), at_once AS MATERIALIZED (  -- as they were kept, and as they are
  SELECT k.*, false AS is_fresh FROM ({held_at_once}) k
   UNION ALL
  SELECT s.manager_id, s.operator_id, s.begins, s.ends, true
    FROM batch b CROSS JOIN LATERAL report_samples(b.ids, ARRAY['hold']) s
), touched AS MATERIALIZED (
  SELECT h.operator_id, g::date AS day FROM at_once h CROSS JOIN kept k
   CROSS JOIN LATERAL generate_series(
           greatest(date_trunc('day', h.begins AT TIME ZONE 'UTC') - interval '1 day',
                    %(since)s::timestamp),
           least(h.ends AT TIME ZONE 'UTC' + interval '1 day',
                 k.until::timestamp - interval '1 day'), interval '1 day') g
   WHERE g >= {first_of_hold}
   UNION
  SELECT o.id, d.day FROM report_dirty_day d
    JOIN areas_operator o ON o.manager_id = d.manager_id CROSS JOIN kept k
   WHERE d.manager_id = ANY(%(managers)s) AND d.day >= %(since)s AND d.day < k.until
     AND d.day >= {first_of_mark}
), needed AS MATERIALIZED (  -- the spans of these days
  SELECT s.* FROM areas_presencespan s WHERE s.ended_at IS NULL
   UNION
  SELECT s.* FROM kept k JOIN areas_presencespan s
      ON k.until <= %(until)s AND s.ended_at > k.until - 2
   UNION
  SELECT s.* FROM (SELECT t.operator_id, min(t.day) AS first, max(t.day) AS last
                     FROM touched t GROUP BY t.operator_id) t
    JOIN areas_presencespan s ON s.operator_id = t.operator_id
     AND s.started_at < t.last + 2 AND coalesce(s.ended_at, s.seen_at) > t.first - 2
), """
_IS_LOOSE = """
       AND (g.day >= (SELECT k.until FROM kept k)
            OR (s.operator_id, g.day::date) IN (SELECT t.operator_id, t.day FROM touched t))"""
_HELD = """, held AS MATERIALIZED ({kept_holds}
   UNION ALL
  SELECT a.manager_id, a.operator_id, a.begins, a.ends FROM at_once a WHERE a.is_fresh
)"""
# The first day that is not stored, NULL if all are.
_FIRST = """(SELECT least(CASE WHEN k.until <= %(until)s THEN k.until END,
                          (SELECT min(t.day) FROM touched t)) FROM kept k)"""
_NOT_AT_ONCE = "s.chat_id NOT IN (SELECT d.id FROM dirty d)"
_AT_ONCE = "s.chat_id IN (SELECT d.id FROM dirty d)"
_KEPT_DAYS = """
    FROM report_presence s
   WHERE s.manager_id = ANY(%(managers)s) AND s.day >= %(since)s
     AND s.day <= %(until)s AND s.state = '{state}'
     AND (s.day < (SELECT k.until FROM kept k) OR s.day < {first})
     AND ((SELECT count(*) FROM touched t) = 0
          OR (s.operator_id, s.day) NOT IN (SELECT t.operator_id, t.day FROM touched t))
     {filters}{grouping}"""


def presence(question: Question) -> Report:
    """Returns the figures of one of NAMES."""
    return presences(question, (question.metric,))[question.metric]


def presences(question: Question, metrics: Iterable[str]) -> dict[str, Report]:
    """Returns the figures of several of NAMES, with one statement."""
    asked = set(metrics)
    if not asked:
        return {}
    has_load, has_pauses = bool(asked - {"pauses"}), "pauses" in asked
    rows: dict[Key, list[int]] = {}
    reasons: dict[Key, dict[str, tuple[int, int]]] = {}
    statement = _statement(question, has_load=has_load, has_pauses=has_pauses)
    for state, keys, reason, *numbers in fetch(question, statement):
        # Without any rows, the row of the total has no sums.
        counts = [int(number or 0) for number in numbers]
        if state == "online":
            rows[tuple(keys)] = counts
        else:
            reasons.setdefault(tuple(keys), {})[reason] = counts[0], counts[1]
    found = _loads(rows) | {"pauses": _pauses(reasons)}
    return {name: ordered(found[name], question) for name in asked}


def listed_spans(question: Question, _part: str) -> tuple[str, str]:
    """Returns SQL that lists the spans behind a figure: its start, and columns."""
    state = "paused" if question.metric == "pauses" else "online"
    spans = SPANS.format(
        spans="areas_presencespan",
        filters=_filters(question, "o.manager_id", "s.operator_id", "g.day"),
    )
    return (
        f"{live_chats([])}, {spans}",
        f"""
  SELECT s.ends AS at, 0::bigint AS chat_id, 0 AS episode, s.id AS source, s.manager_id,
         0::bigint AS area_id, s.operator_id, '' AS channel, s.begins, s.ends,
         report_micros(s.ends - s.begins) / 1000000 AS seconds, NULL::bigint AS business,
         NULL::smallint AS mark, NULL::bigint AS contact_id, NULL::bigint AS of_chat
    FROM span s WHERE s.state = '{state}'""",  # noqa: S608 - of a constant
    )


def _filters(question: Question, manager: str, operator: str, day: str) -> str:
    filters = question.own_days(manager, day)
    if question.operator_id is not None:
        filters += f" AND {operator} = %(operator)s"
    if question.weekday is not None:
        filters += f" AND extract(isodow FROM {day}) = %(weekday)s"
    return filters


def _statement(question: Question, *, has_load: bool, has_pauses: bool) -> str:
    """Returns SQL for a state: keys, reason, spans, length, busy and held time."""
    filters = _filters(question, "o.manager_id", "s.operator_id", "g.day")
    of_kept = _filters(question, "s.manager_id", "s.operator_id", "s.day")
    at_once = HELD.format(since="%(since)s::date", which=_AT_ONCE)
    begin = live_chats(["hold"]) + _KEPT.format(
        held_at_once=at_once,
        first_of_hold=NOT_FINAL.format(x="h"),
        first_of_mark=NOT_FINAL.format(x="d"),
    )
    begin += SPANS.format(spans="needed", filters=filters + _IS_LOOSE)
    keys, texts = question.columns("s"), question.texts("s")
    groups = question.groups("s")
    places = [str(place + 1) for place in range(len(question.by))]
    parts = []
    if has_load:
        begin += _HELD.format(kept_holds=HELD.format(since=_FIRST, which=_NOT_AT_ONCE))
        begin += HOLDS + LOADED
        kept = _kept_days("online", of_kept, places)
        parts.append(f"""
SELECT 'online', {texts}, '', sum(s.n), sum(s.micros), sum(s.busy), sum(s.held)
  FROM (SELECT {groups}s.n, s.micros, s.busy, s.held FROM source s
         UNION ALL
        SELECT {groups}sum(s.n), sum(s.micros), sum(s.busy), sum(s.held){kept}) s
 GROUP BY {keys}()""")  # noqa: S608 - of columns
    if has_pauses:
        kept = _kept_days("paused", of_kept, [*places, str(len(places) + 1)])
        parts.append(f"""
SELECT 'paused', {texts}, s.reason, sum(s.n), sum(s.micros), 0, 0
  FROM (SELECT {groups}s.reason, 1 AS n, report_micros(s.ends - s.begins) AS micros
          FROM span s WHERE s.state = 'paused'
         UNION ALL SELECT {groups}s.reason, sum(s.n), sum(s.micros){kept}) s
 GROUP BY {keys}s.reason""")  # noqa: S608 - of columns
    return begin + " UNION ALL ".join(parts)


def _kept_days(state: str, filters: str, places: Sequence[str]) -> str:
    """Returns SQL of the stored rows, grouped by the columns at these positions."""
    grouping = f" GROUP BY {', '.join(places)}" if places else ""
    first = NOT_FINAL.format(x="s")
    return _KEPT_DAYS.format(
        state=state, filters=filters, grouping=grouping, first=first
    )


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
