"""Computes the figures of a question: durations, shares and counts.

Percentiles are exact (nearest rank), so they are always the value of a real
conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hci_center.reports.computing.counted import (
    BESIDE,
    BESIDE_METRICS,
    SPREADS,
    Counted,
    counted,
    moved_on,
)
from hci_center.reports.computing.deliveries import deliveries
from hci_center.reports.computing.percentiles import (
    add_duration,
    measuring,
    no_duration,
)
from hci_center.reports.computing.presence_figures import NAMES, presence
from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import (
    Figures,
    Key,
    Report,
    fetch,
    ordered,
    share,
)
from hci_center.reports.computing.uptime import uptime
from hci_center.reports.computing.volumes import volumes
from hci_center.reports.metrics.metric import Count, Duration

# Per area or operator these are defined differently than per episode.
BY_PART = ("transfer", "bounce")
# Metrics that are not computed from chats.
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
    beside = BESIDE.get(metric, {})
    source = counted(question).source
    others = BESIDE_METRICS.get(metric, (metric,))
    statement = source + measuring(question, [metric], [*beside.values()], others)
    report = Report()
    for kind, _metric, is_business, keys, *values, counts in fetch(question, statement):
        if kind == "counts":
            _count_beside(report, tuple(keys), dict(zip(beside, counts, strict=True)))
            continue
        place = report.total
        if kind == "rows":
            place = report.rows.setdefault(tuple(keys), {})
        add_duration(place, is_business, values)
    _complete(report, {**no_duration(), **dict.fromkeys(beside, 0)})
    return ordered(report, question)


def _complete(report: Report, empty: Figures) -> None:
    """Adds the figures that a place lacks; all places have them in the same order."""
    for place in (*report.rows.values(), report.total):
        found = {**empty, **place}
        place.clear()
        place.update(found)


def _count_beside(report: Report, key: Key, counts: dict[str, int]) -> None:
    for name, n in counts.items():
        if n:
            report.rows.setdefault(key, {})[name] = n
            report.total[name] = report.total.get(name, 0) + n


# Shares


def _shares(question: Question, base: Counted) -> Report:
    report = Report()
    total_n, total_of, spread = 0, 0, []
    for kind, key, n, of, value in fetch(question, _counting(question, base)):
        if kind == "spread":
            spread.append((tuple(key), value, of))
            continue
        total_n, total_of = total_n + n, total_of + of
        if of:
            report.rows[tuple(key)] = {"n": n, "of": of, "rate": share(n, of)}
    report.total = {"n": total_n, "of": total_of, "rate": share(total_n, total_of)}
    _spread(question, report, spread)
    _complete(report, {"n": 0, "of": 0, "rate": None})
    return ordered(report, question)


def _counting(question: Question, base: Counted) -> str:
    """Counts per group, and by rating, step, origin or outcome."""
    keys, texts = question.columns("s"), question.texts("s")
    statement = f"""{base.source}
SELECT 'n', {texts}, {base.tally(f"({base.of}) AND ({base.n})")},
       {base.tally(base.of)}, NULL::text
  FROM {base.rows} GROUP BY {keys}()"""  # noqa: S608 - of columns
    if question.metric in SPREADS:
        _name, column, condition = SPREADS[question.metric]
        statement += f"""
 UNION ALL
SELECT 'spread', {texts}, 0, {base.tally("true")}, {column}::text
  FROM {base.rows} WHERE {condition} GROUP BY {keys}{column}::text, ()"""  # noqa: S608
    return statement


def _by_part(question: Question) -> Report:
    """Returns a share per area or operator; its total is the share of the episodes."""
    is_filtered = not (question.area_ids is None and question.operator_id is None)
    if question.metric == "transfer":
        report = _transfers(question, is_filtered=is_filtered)
    else:
        report = _shares(question, counted(question))
    if not is_filtered:
        report.total = _shares(question.whole(), counted(question.whole())).total
    return report


def _transfers(question: Question, *, is_filtered: bool) -> Report:
    """Transferred episodes among those that the operator, or the area, has held."""

    def counted_moves(asked: Question) -> list[tuple[Key, int, int]]:
        statement = f"""{moved_on(asked)}
SELECT k, coalesce(sum(c) FILTER (WHERE is_moved), 0)::bigint, sum(c)::bigint
  FROM weighed_moves GROUP BY k HAVING sum(c) > 0
"""  # noqa: S608 - of columns
        return [(tuple(key), n, of) for key, n, of in fetch(asked, statement)]

    report = Report()
    for key, n, of in counted_moves(question):
        report.rows[key] = {"n": n, "of": of, "rate": share(n, of)}
    if is_filtered:
        found = counted_moves(question.whole())
        _, n, of = found[0] if found else ((), 0, 0)
        report.total = {"n": n, "of": of, "rate": share(n, of)}
    return ordered(report, question)


# Counts


def _counts(question: Question) -> Report:
    report, spread = Report(), []
    statement = _counting(question, counted(question))
    for kind, key, _n, of, value in fetch(question, statement):
        if kind == "spread":
            spread.append((tuple(key), value, of))
        elif of:
            report.rows[tuple(key)] = {"count": of}
    report.total = {"count": sum(row["count"] for row in report.rows.values())}
    _spread(question, report, spread)
    return ordered(report, question)


def _spread(
    question: Question, report: Report, counted: Sequence[tuple[Key, str | None, int]]
) -> None:
    """Adds the counts by rating, step, origin or outcome."""
    if question.metric not in SPREADS:
        return
    name, column, _condition = SPREADS[question.metric]
    found: dict[Key, dict[str | None, int]] = {}
    total: dict[str | None, int] = {}
    for key, value, count in counted:
        found.setdefault(key, {})[value] = count
        total[value] = total.get(value, 0) + count
    for key in found:
        report.rows.setdefault(key, {})
    # `lost` is one number, the others are objects.
    plain = column == "NULL"
    for place_key, place in (*report.rows.items(), (None, report.total)):
        counts = total if place_key is None else found.get(place_key, {})
        place[name] = sum(counts.values()) if plain else dict(sorted(counts.items()))
