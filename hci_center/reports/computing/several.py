"""Computes the figures of several metrics with a constant number of statements.

They equal those of `figures.figures`, without its additional counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hci_center.reports.computing.counted import MARKS, SHARES, counted
from hci_center.reports.computing.figures import BY_PART, figures
from hci_center.reports.computing.percentiles import (
    CLOCKS,
    add_duration,
    measuring,
    no_duration,
)
from hci_center.reports.computing.presence_figures import NAMES, presences
from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import Figures, Report, fetch, share
from hci_center.reports.computing.samples import samples
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Count, Duration
from hci_center.reports.metrics.shares import Sla

_OPENINGS = ("opened", "reopened")
# All others, except durations, are computed individually.
_COUNTED = frozenset(
    {*SHARES, *MARKS, *(name for name, one in METRICS.items() if issubclass(one, Sla))}
)


def several(
    question: Question, metrics: Iterable[str], clocks: Sequence[str] = CLOCKS
) -> dict[str, Report]:
    """Returns the figures of each metric; the question's own metric is ignored.

    A metric without one of the question's groups or filters is omitted; durations are
    null for a clock that does not measure them.
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
    found = _of_samples(question, durations, of_samples, clocks)
    for listed in (of_episodes, openings):
        found |= _counts(question, listed) if listed else {}
    found |= presences(question, of_presence)
    found |= {name: figures(replace(question, metric=name)) for name in others}
    return {name: found[name] for name in names}


def _of_samples(
    question: Question,
    durations: Sequence[str],
    shares: Sequence[str],
    clocks: Sequence[str],
) -> dict[str, Report]:
    """Durations and shares of samples in one statement: samples are computed once."""
    if not durations and not shares:
        return {}
    reports = {name: Report(total=no_duration()) for name in durations}
    reports |= {name: Report() for name in shares}
    totals = dict.fromkeys(shares, (0, 0))
    shared = _samples_of(shares)
    statement = samples(question, [*dict.fromkeys((*durations, *shared))])
    counts = _conditions(question, shares)
    statement += measuring(question, durations, counts, shared, clocks)
    for kind, metric, is_business, keys, *values, counts in fetch(question, statement):
        if kind == "counts":
            pairs = zip(shares, counts[::2], counts[1::2], strict=True)
            for name, n, of in pairs:
                totals[name] = totals[name][0] + n, totals[name][1] + of
                if of:
                    reports[name].rows[tuple(keys)] = _figure(name, n, of)
            continue
        place = reports[metric].total
        if kind == "rows":
            place = reports[metric].rows.setdefault(tuple(keys), no_duration())
        add_duration(place, is_business, values)
    for name, numbers in totals.items():
        reports[name].total = _figure(name, *numbers)
    return reports


def _conditions(question: Question, shares: Sequence[str]) -> list[str]:
    """Numerator and denominator of each."""
    found = []
    for name in shares:
        base = counted(replace(question, metric=name))
        of = f"({base.of})"
        if not issubclass(METRICS[name], Sla):
            of += f" AND s.metric = '{name}'"
        found += [f"{of} AND ({base.n})", of]
    return found


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
SELECT {question.texts("s")}, {", ".join(columns)} FROM source s
 GROUP BY {question.columns("s")}()
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
