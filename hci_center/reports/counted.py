"""What a figure counts, and among what: conditions on rows of `questions`, as SQL.

Figures count these rows and `rows` lists them, so that the listed ones are the `n`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hci_center.reports.metric import Duration
from hci_center.reports.questions import Question, episodes, samples
from hci_center.reports.shares import Sla

# Of episodes: what is counted, and among what.
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
# Of samples.
MARKS: Mapping[str, tuple[str, str]] = {
    "csat": ("s.mark >= 4", "true"),
    "answered_surveys": ("s.mark = 1", "s.mark <> 2"),
    "requeues": ("true", "true"),
}
# Of the areas of an episode: those that it came back to, among those that it left.
_BOUNCE_BY_AREA = ("s.mark = 1", "true")
# The samples that are counted beside those of a duration.
BESIDE_METRICS: Mapping[str, tuple[str, ...]] = {
    "tme": ("unserved",),
    "tmr1": ("unanswered", "phone1"),
    "tmr": ("unanswered", "phone"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Two conditions on `s`, a row of the statement's `source`."""

    source: str
    n: str
    of: str
    # Else of episodes.
    is_of_samples: bool = True


def counted(question: Question, *, is_listed: bool = False) -> Counted:
    """Returns what the question's figure counts; of a duration all its samples.

    `is_listed`: with all columns of what is counted, to list it.
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
    """Those within their target; missed ones are among them once they are over it."""
    duration, missed = definition.duration, definition.missed
    seconds = "s.business_micros / 1000000"
    which = {"tmr1": " AND s.mark = 1", "tmr": " AND s.mark = 0"}.get(duration, "")
    late = f"s.metric = '{missed}'{which} AND {seconds} > s.target"
    of = (
        f"s.target IS NOT NULL AND (s.metric = '{duration}'"
        f"{f' OR {late}' if missed else ''})"
    )
    return f"s.metric = '{duration}' AND {seconds} <= s.target", of


def moved_on(question: Question) -> str:
    """Returns `transfer` of areas or operators: who was moved on, among those held.

    The statement's `each` has a row for each episode, with its keys in `k`, those of the
    question, and `is_moved`. `{keys}` is to be replaced.
    """
    by_operator = "operator" in question.by or question.operator_id is not None
    moved = (
        "p.operator_id = ANY(e.movers)"
        if by_operator
        else "coalesce(p.area_id, 0) = ANY(e.left_areas)"
    )
    return f"""{samples(question, ["tma"], is_listed=True)}, told AS (
  SELECT e.chat_id, e.episode, e.movers, e.left_areas FROM report_episode e
   WHERE e.manager_id = ANY(%(managers)s) AND e.day BETWEEN %(since)s AND %(until)s
     AND e.chat_id NOT IN (SELECT d.id FROM dirty d)
   UNION ALL
  SELECT e.chat_id, e.episode, e.movers, e.left_areas
    FROM report_episodes(ARRAY(SELECT id FROM dirty)) e
), each AS (
  SELECT {{keys}} AS k, p.chat_id, p.episode, min(p.manager_id) AS manager_id,
         min(p.channel) AS channel, min(p.begins) AS begins, min(p.ends) AS ends,
         CASE WHEN count(DISTINCT coalesce(p.area_id, 0)) = 1
              THEN coalesce(min(p.area_id), 0) END AS area_id,
         CASE WHEN count(DISTINCT p.operator_id) = 1 THEN min(p.operator_id) END
           AS operator_id,
         bool_or({moved}) AS is_moved
    FROM source p JOIN told e ON e.chat_id = p.chat_id AND e.episode = p.episode
   GROUP BY k, p.chat_id, p.episode
)
"""  # noqa: S608 - of columns
