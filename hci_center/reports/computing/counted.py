"""Numerator and denominator of figures: SQL conditions on rows of `questions`.

Figures count these rows and `rows` lists them, so the number of listed rows is `n`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hci_center.reports.computing.questions import Question, episodes
from hci_center.reports.computing.samples import level_of, samples
from hci_center.reports.metrics.metric import Duration
from hci_center.reports.metrics.shares import Sla

# For episodes: numerator and denominator.
SHARES: Mapping[str, tuple[str, str]] = {
    "reopen": ("s.is_reopened", "s.outcome = 'resolved'"),
    "recontact": ("s.is_recontacted", "s.outcome = 'resolved'"),
    "one_contact": (
        "s.authors = 1 AND s.transfers = 0 AND NOT s.is_reopened"
        " AND NOT s.is_recontacted",
        "s.outcome = 'resolved'",
    ),
    "transfer": ("s.transfers > 0", "s.is_served"),
    "bounce": ("s.is_bounced", "s.transfers > 0"),
    "lost": ("s.outcome = 'lost'", "s.is_queued"),
    "abandoned": ("s.outcome = 'abandoned'", "s.is_served"),
    "contained": ("s.outcome = 'contained'", "s.had_bot"),
    "opened": ("true", "s.origin = 'opened'"),
    "reopened": ("true", "s.origin = 'reopened'"),
    "closed": ("true", "s.ends IS NOT NULL"),
}
# For samples.
MARKS: Mapping[str, tuple[str, str]] = {
    "csat": ("s.mark >= 4", "true"),
    "answered_surveys": ("s.mark = 1", "s.mark <> 2"),
    "requeues": ("true", "true"),
}
# Counts shown with the samples of a duration: names of metrics and conditions.
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
# Counts by a further key: its name in the response, its column, and its condition.
SPREADS: Mapping[str, tuple[str, str, str]] = {
    "csat": ("marks", "s.mark::text", "true"),
    "answered_surveys": ("lost", "NULL", "s.mark = 2"),
    "contained": ("dropped", "coalesce(s.sa::text, '')", "s.outcome = 'dropped'"),
    "opened": ("origins", "s.opened_by", "s.origin = 'opened'"),
    "closed": ("outcomes", "s.outcome", "s.ends IS NOT NULL"),
}
# For the areas of an episode: those that it came back to, among those that it left.
_BOUNCE_BY_AREA = ("s.mark = 1", "true")
# Samples that are counted in addition to those of a duration.
BESIDE_METRICS: Mapping[str, tuple[str, ...]] = {
    "tme": ("unserved",),
    "tmr1": ("unanswered", "phone1"),
    "tmr": ("unanswered", "phone"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Numerator and denominator: conditions on `s`, a row of `source`."""

    source: str
    n: str
    of: str
    # Otherwise for episodes.
    is_of_samples: bool = True

    @property
    def rows(self) -> str:
        """The rows that `tally` counts."""
        return "weighed s" if self.is_of_samples else "source s"

    def tally(self, condition: str) -> str:
        """Returns SQL that counts matching samples; some rows stand for several."""
        if self.is_of_samples:
            return f"coalesce(sum(s.c) FILTER (WHERE {condition}), 0)::bigint"
        return f"count(*) FILTER (WHERE {condition})"


def counted(question: Question, *, is_listed: bool = False) -> Counted:
    """Returns the conditions of the question's figure; for a duration, all samples.

    `is_listed`: with all columns, to list the rows.
    """

    def of_samples(metrics: Sequence[str]) -> str:
        return samples(question, metrics, is_listed=is_listed)

    metric, definition = question.metric, question.definition
    if issubclass(definition, Duration):
        source = of_samples([metric, *BESIDE_METRICS.get(metric, ())])
        return Counted(source, "true", f"s.metric = '{metric}'")
    if issubclass(definition, Sla):
        return Counted(of_samples(_of_target(definition)), *_within_target(definition))
    if metric in MARKS:
        return Counted(of_samples([metric]), *MARKS[metric])
    if metric == "bounce" and question.is_by_part:
        return Counted(of_samples(["left"]), *_BOUNCE_BY_AREA)
    found = episodes(question, is_listed=is_listed)
    return Counted(found, *SHARES[metric], is_of_samples=False)


def _of_target(definition: type[Sla]) -> list[str]:
    return [name for name in (definition.duration, definition.missed) if name]


def _within_target(definition: type[Sla]) -> tuple[str, str]:
    """Samples within their target; running ones are missed once they are over it."""
    duration, missed = definition.duration, definition.missed
    which = {"tmr1": " AND s.mark = 1", "tmr": " AND s.mark = 0"}.get(duration, "")
    late = f"s.metric = '{missed}'{which} AND s.met = 0"
    of = (
        f"s.met IS NOT NULL AND (s.metric = '{duration}'"
        f"{f' OR {late}' if missed else ''})"
    )
    return f"s.metric = '{duration}' AND s.met = 1", of


# For the parts of an episode: whether the operator transferred it, or it left the area.
def _moved(question: Question) -> str:
    by_operator = "operator" in question.by or question.operator_id is not None
    return f"bool_or(p.mark & {1 if by_operator else 2} <> 0)"


def moved_on(question: Question) -> str:
    """Returns `transfer` per area or operator: transferred among held episodes.

    The statement's `weighed_moves` has a row for a group of episodes: their keys in
    `k`, their number, and `is_moved`.
    """
    found = f"""{samples(question, ["tma"])}, weighed_moves AS (
  SELECT {question.texts("p")} AS k, p.c, {_moved(question)} AS is_moved
    FROM source p GROUP BY {question.columns("p")}p.chat_id, p.episode, p.c"""  # noqa: S608 - of columns
    if level_of(question) is not None:
        found += f"""
   UNION ALL
  SELECT {question.texts("p")}, p.n, coalesce(p.mark = 1, false) FROM summed p"""  # noqa: S608
    return f"{found}\n)"


def listed_moves(question: Question) -> str:
    """Returns the same with a row for each episode, as `each`."""
    return f"""{samples(question, ["tma"], is_listed=True)}, each AS (
  SELECT p.chat_id, p.episode, min(p.manager_id) AS manager_id,
         min(p.channel) AS channel, min(p.begins) AS begins, min(p.ends) AS ends,
         CASE WHEN count(DISTINCT coalesce(p.area_id, 0)) = 1
              THEN coalesce(min(p.area_id), 0) END AS area_id,
         CASE WHEN count(DISTINCT p.operator_id) = 1 THEN min(p.operator_id) END
           AS operator_id,
         {_moved(question)} AS is_moved
    FROM source p GROUP BY p.chat_id, p.episode
)
"""  # noqa: S608 - of columns
