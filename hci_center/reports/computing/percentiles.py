"""The statement that computes durations and counts in one pass over the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.report import Figures, half_up
from hci_center.reports.computing.samples import level_of

STATISTICS = ("sum", "mean", "median", "p90", "max")
# The times with operators within an episode are added up, per group and in total.
_HANDLED = "tma"
CLOCKS = ("calendar", "business")
_ADDED = """sum(s.micros)::bigint / 1000000 AS calendar,
         sum(s.business_micros)::bigint / 1000000 AS business"""
_MEASURED = """max(r.n), sum(r.v * r.c), min(r.v) FILTER (WHERE r.upto * 2 >= r.n),
       min(r.v) FILTER (WHERE r.upto * 10 >= r.n * 9), max(r.v), NULL::bigint[]"""


def measuring(
    question: Question,
    durations: Sequence[str],
    counts: Sequence[str] = (),
    counted: Sequence[str] = (),
    clocks: Sequence[str] = CLOCKS,
) -> str:
    """Returns the final part of a statement whose `source` has the question's samples.

    Its columns: the kind of row (`rows` and `total` of a duration, `counts`), the
    duration, whether by the business clock, the keys; n, sum, median, p90 and maximum;
    the number of samples of the metrics `counted` that match each of the conditions.
    Equal seconds are aggregated once per group, and the totals computed from these
    counts.
    """
    parts = []
    begin = ""
    if durations:
        begin = _lengths(question, durations, clocks)
        if question.by:
            keys = question.columns("r")
            parts.append(_ranked("rows", "length", keys, question.texts("r")))
        parts.append(_ranked("total", "whole", "", "ARRAY[]::text[]"))
    if counts:
        keys = question.columns("s")
        columns = ", ".join(
            f"coalesce(sum(s.c) FILTER (WHERE {each}), 0)::bigint" for each in counts
        )
        listed = ", ".join(f"'{name}'" for name in counted)
        parts.append(f"""
SELECT 'counts', NULL, NULL, {question.texts("s")}, NULL::bigint, NULL::numeric,
       NULL::bigint, NULL::bigint, NULL::bigint, ARRAY[{columns}]
  FROM weighed s WHERE s.metric IN ({listed}) GROUP BY {keys}()""")  # noqa: S608 - of columns
    return begin + " UNION ALL ".join(parts)


def add_duration(place: Figures, is_business: bool, values: Sequence[Any]) -> None:
    """Adds the figures of a clock from a row of `measuring`."""
    n, total, median, p90, most = values
    mean = half_up(int(total), int(n))
    numbers = (int(total), mean, median, p90, most)
    found = dict(zip(STATISTICS, numbers, strict=True))
    place["n"] = int(n)
    if is_business:
        place["business"] = found
    else:
        place.update(found)


def no_duration() -> Figures:
    """The figures of an empty set of samples."""
    empty: Figures = dict.fromkeys(STATISTICS)
    return {"n": 0, **empty, "business": dict(empty)}


def _lengths(
    question: Question, durations: Sequence[str], clocks: Sequence[str]
) -> str:
    """SQL that counts samples by their seconds, per group and in total."""
    keys, level = question.columns("c"), level_of(question)
    listed = ", ".join(f"'{name}'" for name in durations)
    length = _cut(question, durations, clocks)
    # Per area or operator, the parts of an episode belong to several groups.
    is_split = _HANDLED in durations and bool({"area", "operator"} & {*question.by})
    if level is not None:
        columns = question.columns("s")
        length += _summed(f"s.metric, {columns}", "summed", listed, clocks)
    whole = f"""
  SELECT l.metric, l.is_business, l.v, sum(l.c)::integer AS c FROM length l
   WHERE {f"l.metric <> '{_HANDLED}'" if is_split else "true"} GROUP BY 1, 2, 3"""  # noqa: S608
    if is_split:
        whole += " UNION ALL " + _of_episodes(question, clocks)
    return f""", length AS MATERIALIZED (
  SELECT c.metric, {keys}c.is_business, c.v, sum(c.c)::integer AS c FROM ({length}) c
   GROUP BY c.metric, {keys}c.is_business, c.v HAVING sum(c.c) > 0
), whole AS ({whole}
)"""  # noqa: S608 - of columns


def _cut(question: Question, durations: Sequence[str], clocks: Sequence[str]) -> str:
    """SQL of individual samples, truncated to seconds and counted."""
    listed = ", ".join(f"'{name}'" for name in durations if name != _HANDLED)
    cut = []
    if listed:
        cut.append(f"""
  SELECT s.metric, {question.columns("s")}s.micros / 1000000 AS calendar,
         s.business_micros / 1000000 AS business, s.c
    FROM source s WHERE s.metric IN ({listed})""")  # noqa: S608 - of names
    if _HANDLED in durations:
        cut.append(_handled(question.columns("s")))
    keys = f"c.metric, {question.columns('c')}"
    return f"""
  SELECT {keys}{_value(clocks)}, sum(c.c)::integer AS c
    FROM ({" UNION ALL ".join(cut)}) c
   GROUP BY {_by_clock(keys, clocks)}"""  # noqa: S608 - of columns


def _of_episodes(question: Question, clocks: Sequence[str]) -> str:
    """SQL of the time of whole episodes with operators, whoever they were."""
    whole = f"""
  SELECT c.metric, {_value(clocks)}, sum(c.c)::integer AS c FROM ({_handled("")}) c
   GROUP BY {_by_clock("c.metric, ", clocks)}"""  # noqa: S608 - of columns
    if level_of(question) is None:
        return whole
    # For a single area or operator, its own rows are the whole.
    is_filtered = {*question.by} & {*question.filtered} & {"area", "operator"}
    table = "summed" if is_filtered else "whole_episode"
    whole += _summed("s.metric, ", table, f"'{_HANDLED}'", clocks)
    return f"""
  SELECT c.metric, c.is_business, c.v, sum(c.c)::integer FROM ({whole}) c
   GROUP BY c.metric, c.is_business, c.v HAVING sum(c.c) > 0"""  # noqa: S608 - of columns


def _summed(keys: str, table: str, listed: str, clocks: Sequence[str]) -> str:
    """SQL of the summaries of these metrics, to be appended to others."""
    columns = {
        "calendar": "s.seconds, s.counts",
        "business": "s.business, s.business_counts",
    }
    return "".join(
        f"""
   UNION ALL
  SELECT {keys}{clock == "business"}, u.v::bigint, coalesce(u.c, 1)
    FROM {table} s CROSS JOIN LATERAL unnest({columns[clock]}) u (v, c)
   WHERE s.metric IN ({listed})"""  # noqa: S608 - of columns
        for clock in clocks
    )


def _value(clocks: Sequence[str]) -> str:
    """SQL of the clock of a row of these grouping sets, and its seconds."""
    if len(clocks) == 1:
        return f"{clocks[0] == 'business'} AS is_business, c.{clocks[0]} AS v"
    return (
        "grouping(c.calendar) = 1 AS is_business, coalesce(c.calendar, c.business) AS v"
    )


def _by_clock(keys: str, clocks: Sequence[str]) -> str:
    sets = ", ".join(f"({keys}c.{clock})" for clock in CLOCKS if clock in clocks)
    return f"GROUPING SETS ({sets})"


def _handled(keys: str) -> str:
    return f"""
  SELECT s.metric, {keys}{_ADDED}, s.c
    FROM source s WHERE s.metric = '{_HANDLED}'
   GROUP BY s.metric, {keys}s.chat_id, s.episode, s.c"""  # noqa: S608 - of columns


def _ranked(scope: str, table: str, keys: str, texts: str) -> str:
    return f"""
SELECT '{scope}', r.metric, r.is_business, {texts}, {_MEASURED}
  FROM (SELECT r.*, sum(r.c) OVER (PARTITION BY r.metric, {keys}r.is_business
                                   ORDER BY r.v) AS upto,
               sum(r.c) OVER (PARTITION BY r.metric, {keys}r.is_business) AS n
          FROM {table} r) r
 GROUP BY r.metric, {keys}r.is_business"""  # noqa: S608 - of columns
