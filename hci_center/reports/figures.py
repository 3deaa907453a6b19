"""Computes figures: of durations, of shares and of counts.

Percentiles are exact and by nearest rank: equal seconds are counted, so the answer is
always the seconds of a real conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hci_center.reports.counted import Counted, counted, moved_on
from hci_center.reports.deliveries import deliveries
from hci_center.reports.metric import Count, Duration
from hci_center.reports.presence_figures import NAMES, presence
from hci_center.reports.questions import Question
from hci_center.reports.report import (
    Figures,
    Key,
    Report,
    fetch,
    half_up,
    ordered,
    share,
)
from hci_center.reports.uptime import uptime
from hci_center.reports.volumes import volumes

# What is counted beside the samples of a duration: names of metrics and conditions.
BESIDE: Mapping[str, Mapping[str, str]] = {
    "tme": {"unserved": "s.metric = 'unserved'"},
    "tmr1": {
        "unanswered": "s.metric = 'unanswered' AND s.mark = 1",
        "byPhone": "s.metric = 'phone1'",
    },
    "tmr": {
        "unanswered": "s.metric = 'unanswered' AND s.mark = 0",
        "byPhone": "s.metric = 'phone'",
    },
    "unanswered": {"first": "s.mark = 1"},
}
# Counts by a further key: its name in the answer, its column, and of what.
_SPREADS: Mapping[str, tuple[str, str, str]] = {
    "csat": ("marks", "s.mark::text", "true"),
    "answered_surveys": ("lost", "NULL", "s.mark = 2"),
    "contained": ("dropped", "coalesce(s.sa::text, '')", "s.outcome = 'dropped'"),
    "opened": ("origins", "s.opened_by", "s.origin = 'opened'"),
    "closed": ("outcomes", "s.outcome", "s.ends IS NOT NULL"),
}


# Of areas and operators they are something else than of episodes.
BY_PART = ("transfer", "bounce")
# What is not counted from chats.
_OTHERS: Mapping[str, Callable[[Question], Report]] = {
    "messages": volumes,
    "new_contacts": volumes,
    "delivery": deliveries,
    "health": uptime,
    **dict.fromkeys(NAMES, presence),
}


def figures(question: Question) -> Report:
    """Returns the figures that the question asks for."""
    definition = question.definition
    if question.metric in _OTHERS:
        return _OTHERS[question.metric](question)
    if issubclass(definition, Duration):
        return _durations(question)
    if issubclass(definition, Count):
        return _counts(question)
    if question.metric in BY_PART and question.is_by_part:
        return _by_part(question)
    return _shares(question, counted(question))


# Durations


def _durations(question: Question) -> Report:
    metric = question.metric
    source = counted(question).source
    parts = []
    for scope, keys in (("rows", question.keys("s")), ("total", "ARRAY[]::text[]")):
        if metric == "tma":
            pieces = f"""SELECT {keys} AS k, sum(s.micros)::bigint / 1000000 AS calendar,
              sum(s.business_micros)::bigint / 1000000 AS business
              FROM source s GROUP BY k, s.chat_id, s.episode"""  # noqa: S608
        else:
            pieces = f"""SELECT {keys} AS k, s.micros / 1000000 AS calendar,
              s.business_micros / 1000000 AS business
              FROM source s WHERE s.metric = '{metric}'"""  # noqa: S608
        parts += [
            percentiles(scope, clock, pieces) for clock in ("calendar", "business")
        ]
    parts += [
        f"""(SELECT 'beside', '{name}', {question.keys("s")} AS k, count(*), NULL::numeric,
          NULL::bigint, NULL::bigint, NULL::bigint FROM source s WHERE {condition}
          GROUP BY k)"""  # noqa: S608 - of columns
        for name, condition in BESIDE.get(metric, {}).items()
    ]
    report = Report()
    for scope, clock, keys, n, total, median, p90, most in fetch(
        question, source + " UNION ALL ".join(parts)
    ):
        n = int(n)
        if scope == "beside":
            report.rows.setdefault(tuple(keys), {})[clock] = n
            report.total[clock] = report.total.get(clock, 0) + n
            continue
        total = int(total)
        found: Figures = {
            "sum": total,
            "mean": half_up(total, n),
            "median": median,
            "p90": p90,
            "max": most,
        }
        place = _place(report, scope, tuple(keys))
        if clock == "calendar":
            place |= {"n": n, **found}
        else:
            place["business"] = found
    return _completed(report, question)


def percentiles(scope: str, clock: str, pieces: str) -> str:
    return f"""(
SELECT '{scope}', '{clock}', r.k, max(r.n), sum(r.v * r.c),
       min(r.v) FILTER (WHERE r.upto * 2 >= r.n),
       min(r.v) FILTER (WHERE r.upto * 10 >= r.n * 9), max(r.v)
  FROM (SELECT c.*, sum(c.c) OVER (PARTITION BY c.k ORDER BY c.v) AS upto,
               sum(c.c) OVER (PARTITION BY c.k) AS n
          FROM (SELECT p.k, p.{clock} AS v, count(*) AS c FROM ({pieces}) p
                 GROUP BY 1, 2) c) r
 GROUP BY r.k)"""  # noqa: S608 - of names


def _completed(report: Report, question: Question) -> Report:
    empty = {"sum": None, "mean": None, "median": None, "p90": None, "max": None}
    for place in (*report.rows.values(), report.total):
        for name in BESIDE.get(question.metric, {}):
            place.setdefault(name, 0)
        if "n" not in place:
            place.update({"n": 0, **empty, "business": dict(empty)})
    return ordered(report, question)


# Shares


def _shares(question: Question, base: Counted) -> Report:
    report, source = Report(), base.source
    statement = f"""{source}
SELECT {question.keys("s")} AS k, count(*) FILTER (WHERE ({base.of}) AND ({base.n})),
       count(*) FILTER (WHERE {base.of})
  FROM source s GROUP BY k
"""  # noqa: S608 - of columns
    total_n, total_of = 0, 0
    for key, n, of in fetch(question, statement):
        total_n, total_of = total_n + n, total_of + of
        if of:
            report.rows[tuple(key)] = {"n": n, "of": of, "rate": share(n, of)}
    report.total = {"n": total_n, "of": total_of, "rate": share(total_n, total_of)}
    _spread(question, report, source)
    for place in report.rows.values():
        place.setdefault("n", 0)
        place.setdefault("of", 0)
        place.setdefault("rate", None)
    return ordered(report, question)


def _by_part(question: Question) -> Report:
    """Returns a share of areas or operators; all together it is that of the episodes."""
    is_transfer = question.metric == "transfer"
    is_filtered = not (question.area_ids is None and question.operator_id is None)
    report = (
        _transfers(question) if is_transfer else _shares(question, counted(question))
    )
    if not is_filtered:
        report.total = _shares(question.whole(), counted(question.whole())).total
    return report


def _transfers(question: Question) -> Report:
    """Of those he held: those he moved on. Of those held in it: those that left it."""
    joined = f"""{moved_on(question)}
SELECT k, count(*) FILTER (WHERE is_moved), count(*) FROM each GROUP BY k
"""  # noqa: S608 - of columns
    report = Report()
    for key, n, of in fetch(question, joined.replace("{keys}", question.keys("p"))):
        report.rows[tuple(key)] = {"n": n, "of": of, "rate": share(n, of)}
    found = fetch(question, joined.replace("{keys}", "ARRAY[]::text[]"))
    _, n, of = found[0] if found else ((), 0, 0)
    report.total = {"n": n, "of": of, "rate": share(n, of)}
    return ordered(report, question)


# Counts


def _counts(question: Question) -> Report:
    base = counted(question)
    source = base.source
    statement = f"""{source}
SELECT {question.keys("s")} AS k, count(*) FROM source s WHERE {base.of} GROUP BY k
"""  # noqa: S608 - of columns
    report = Report()
    for key, count in fetch(question, statement):
        report.rows[tuple(key)] = {"count": count}
    report.total = {"count": sum(row["count"] for row in report.rows.values())}
    _spread(question, report, source)
    return ordered(report, question)


def _spread(question: Question, report: Report, source: str) -> None:
    """Adds the counts by mark, step, origin or outcome."""
    if question.metric not in _SPREADS:
        return
    name, column, condition = _SPREADS[question.metric]
    statement = f"""{source}
SELECT {question.keys("s")} AS k, {column}, count(*) FROM source s
 WHERE {condition} GROUP BY k, 2 ORDER BY 2
"""  # noqa: S608 - of columns
    found: dict[Key, dict[str | None, int]] = {}
    total: dict[str | None, int] = {}
    for key, value, count in fetch(question, statement):
        found.setdefault(tuple(key), {})[value] = count
        total[value] = total.get(value, 0) + count
    for key in found:
        report.rows.setdefault(key, {})
    # `lost` is one number, the others are objects.
    plain = column == "NULL"
    for key, place in (*report.rows.items(), (None, report.total)):
        counts = total if key is None else found.get(key, {})
        place[name] = sum(counts.values()) if plain else dict(sorted(counts.items()))


# All


def _place(report: Report, scope: str, key: Key) -> Figures:
    return report.total if scope == "total" else report.rows.setdefault(key, {})
