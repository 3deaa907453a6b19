"""Figures of several metrics at once, in a few statements however many they are.

They are those of `figures.figures`, without what that counts beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from hci_center.reports.counted import MARKS, SHARES, counted
from hci_center.reports.definitions import METRICS
from hci_center.reports.figures import BY_PART, figures, percentiles
from hci_center.reports.metric import Count, Duration
from hci_center.reports.presence_figures import NAMES, presences
from hci_center.reports.questions import Question, samples
from hci_center.reports.report import Figures, Report, fetch, half_up, share
from hci_center.reports.shares import Sla

_STATISTICS = ("sum", "mean", "median", "p90", "max")
_OPENINGS = ("opened", "reopened")
# All others, but for durations, are asked one by one.
_COUNTED = frozenset(
    {*SHARES, *MARKS, *(name for name, one in METRICS.items() if issubclass(one, Sla))}
)


def several(question: Question, metrics: Iterable[str]) -> dict[str, Report]:
    """Returns the figures of each metric for the question, whose own metric is not used.

    A metric without one of the question's groups or filters is left out.
    """
    needed = {*question.by, *question.filtered}
    names = [name for name in metrics if needed <= {*METRICS[name].by}]
    durations, of_samples, of_episodes, openings, others = [], [], [], [], []
    of_presence = [name for name in names if name in NAMES]
    for name in names:
        definition = METRICS[name]
        asked = replace(question, metric=name)
        if name in of_presence:
            continue
        if issubclass(definition, Duration):
            durations.append(name)
        elif name not in _COUNTED or (name in BY_PART and asked.is_by_part):
            others.append(name)
        elif name in _OPENINGS:
            openings.append(name)
        elif counted(asked).is_of_samples:
            of_samples.append(name)
        else:
            of_episodes.append(name)
    found = _of_samples(question, durations, of_samples)
    for listed in (of_episodes, openings):
        found |= _counts(question, listed) if listed else {}
    found |= presences(question, of_presence)
    found |= {name: figures(replace(question, metric=name)) for name in others}
    return {name: found[name] for name in names}


def _of_samples(
    question: Question, durations: Sequence[str], shares: Sequence[str]
) -> dict[str, Report]:
    """Durations and shares of samples in one statement: samples are computed once."""
    reports = {name: Report(total=_nothing()) for name in durations}
    reports |= {name: Report() for name in shares}
    totals = dict.fromkeys(shares, (0, 0))
    parts = _percentiles(question, durations) if durations else []
    parts += [_counted_samples(question, name) for name in shares]
    if not parts:
        return {}
    metrics = dict.fromkeys((*durations, *_samples_of(shares)))
    statement = samples(question, [*metrics]) + " UNION ALL ".join(parts)
    for scope, what, keys, *values in fetch(question, statement):
        if scope == "counted":
            n, of = int(values[0]), int(values[1])
            totals[what] = totals[what][0] + n, totals[what][1] + of
            if of:
                reports[what].rows[tuple(keys)] = _figure(what, n, of)
        else:
            metric, *key = keys
            report = reports[metric]
            place = report.total
            if scope == "rows":
                place = report.rows.setdefault(tuple(key), _nothing())
            _add_duration(place, what, values)
    for name, numbers in totals.items():
        reports[name].total = _figure(name, *numbers)
    return reports


def _percentiles(question: Question, durations: Sequence[str]) -> list[str]:
    listed = ", ".join(f"'{name}'" for name in durations)
    parts = []
    for scope, keys in (("rows", question.keys("s")), ("total", "ARRAY[]::text[]")):
        # The metric is the first of the keys. The parts of `tma` are added up.
        pieces = f"""SELECT s.metric::text || {keys} AS k, s.micros / 1000000 AS calendar,
              s.business_micros / 1000000 AS business
              FROM source s WHERE s.metric IN ({listed}) AND s.metric <> 'tma'
            UNION ALL
            SELECT s.metric::text || {keys}, sum(s.micros)::bigint / 1000000,
              sum(s.business_micros)::bigint / 1000000
              FROM source s WHERE s.metric IN ({listed}) AND s.metric = 'tma'
             GROUP BY 1, s.chat_id, s.episode"""  # noqa: S608
        parts += [
            percentiles(scope, clock, pieces) for clock in ("calendar", "business")
        ]
    return parts


def _counted_samples(question: Question, name: str) -> str:
    base = counted(replace(question, metric=name))
    of = f"({base.of})"
    if not issubclass(METRICS[name], Sla):
        of += f" AND s.metric = '{name}'"
    return f"""(SELECT 'counted', '{name}', {question.keys("s")} AS k,
       count(*) FILTER (WHERE {of} AND ({base.n}))::numeric,
       count(*) FILTER (WHERE {of})::numeric, NULL::bigint, NULL::bigint, NULL::bigint
  FROM source s GROUP BY k)"""  # noqa: S608 - of columns


def _add_duration(place: Figures, clock: str, values: Sequence[Any]) -> None:
    n, total, median, p90, most = values
    mean = half_up(int(total), int(n))
    numbers = zip(_STATISTICS, (int(total), mean, median, p90, most), strict=True)
    if clock == "calendar":
        place.update({"n": int(n), **dict(numbers)})
    else:
        place["business"] = dict(numbers)


def _nothing() -> Figures:
    empty: Figures = dict.fromkeys(_STATISTICS)
    return {"n": 0, **empty, "business": dict(empty)}


def _counts(question: Question, metrics: Sequence[str]) -> dict[str, Report]:
    """Shares and counts of episodes, in one statement."""
    bases = {name: counted(replace(question, metric=name)) for name in metrics}
    columns = []
    for base in bases.values():
        columns += [
            f"count(*) FILTER (WHERE ({base.of}) AND ({base.n}))",
            f"count(*) FILTER (WHERE {base.of})",
        ]
    statement = f"""{bases[metrics[0]].source}
SELECT {question.keys("s")} AS k, {", ".join(columns)} FROM source s GROUP BY k
"""  # noqa: S608 - of columns
    reports = {name: Report() for name in metrics}
    totals = dict.fromkeys(metrics, (0, 0))
    for key, *counts in fetch(question, statement):
        for place, name in enumerate(metrics):
            n, of = counts[2 * place], counts[2 * place + 1]
            totals[name] = totals[name][0] + n, totals[name][1] + of
            if of:
                reports[name].rows[tuple(key)] = _figure(name, n, of)
    for name, numbers in totals.items():
        reports[name].total = _figure(name, *numbers)
    return reports


def _figure(name: str, n: int, of: int) -> Figures:
    if issubclass(METRICS[name], Count):
        return {"count": of}
    return {"n": n, "of": of, "rate": share(n, of)}


def _samples_of(metrics: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for name in metrics:
        definition = METRICS[name]
        if issubclass(definition, Sla):
            found |= dict.fromkeys(
                filter(None, (definition.duration, definition.missed))
            )
        else:
            found[name] = None
    return [*found]
