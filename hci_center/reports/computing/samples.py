"""The SQL of the samples of a question: individual ones and summaries.

Past days are read from `report_summary` (or fortnights, per area or operator); samples
of the other days are read individually. Samples of chats that are computed live are
subtracted from the summaries (`c` is -1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hci_center.reports.computing.questions import Question, live_chats
from hci_center.reports.kept.summing import DAY, EPOCH, FORTNIGHT, fortnight_of

_MET = "(s.business_micros / 1000000 <= s.target)::integer AS met"
# The columns of a sample to count it, and to list it.
_COUNTED = f"""s.metric::text COLLATE "C" AS metric, {{groups}}s.micros, s.business_micros, s.mark,
  {_MET}, s.chat_id, s.episode"""
_LISTED = f"""s.manager_id, s.metric, s.day, s.hour, s.area_id, s.operator_id, s.channel,
  s.micros, s.business_micros, s.target, s.mark, s.begins, s.ends, s.chat_id, s.episode,
  s.source, {_MET}"""
_FRESH = """{live}, fresh AS MATERIALIZED (
  SELECT {columns}, 1 AS c
    FROM batch b CROSS JOIN LATERAL report_samples(b.ids, ARRAY[{listed}]) s WHERE {where}
)"""
_ONE_BY_ONE = """, source AS {materialized}(
  SELECT {columns}, 1 AS c FROM report_sample s
   WHERE {where} AND s.chat_id NOT IN (SELECT d.id FROM dirty d)
   UNION ALL
  SELECT * FROM fresh
)"""
# `kept`: the days before `until` have summaries, except the spans in `stale`. `loose`:
# all days whose samples are read individually.
_SPANS = """, kept AS MATERIALIZED (
  SELECT greatest(DATE '{first}', coalesce(max({span_of_end}), DATE '{first}')) AS until
    FROM report_settled r WHERE r.summaries_until IS NOT NULL
), stale AS MATERIALIZED (
  SELECT DISTINCT d.manager_id, {span_of_day} AS day
    FROM report_dirty_day d CROSS JOIN kept k
   WHERE d.manager_id = ANY(%(managers)s) AND d.day >= DATE '{first}' AND d.day < k.until
), loose AS MATERIALIZED (
  SELECT m.id AS manager_id, g.day
    FROM (SELECT g::date AS day FROM kept k
           CROSS JOIN generate_series(%(since)s::timestamp, %(until)s::timestamp,
                                      interval '1 day') g
           WHERE g < DATE '{first}' OR g >= k.until) g
   CROSS JOIN unnest(%(managers)s::bigint[]) m (id)
   UNION ALL
  SELECT s.manager_id, s.day + g FROM stale s
   CROSS JOIN generate_series(0, {length} - 1) g
)"""
_SUMMED_UP = """, source AS MATERIALIZED (
  SELECT s.* FROM loose l CROSS JOIN LATERAL (
    SELECT {columns}, 1 AS c FROM report_sample s
     WHERE s.manager_id = l.manager_id AND s.day = l.day AND {where}
       AND s.chat_id NOT IN (SELECT d.id FROM dirty d) OFFSET 0) s
   UNION ALL
  SELECT * FROM fresh
   UNION ALL
  SELECT s.* FROM dirty d CROSS JOIN kept k CROSS JOIN LATERAL (
    SELECT {columns}, -1 AS c FROM report_sample s
     WHERE s.chat_id = d.id AND s.day >= DATE '{first}' AND s.day < k.until AND {where}
       AND (s.manager_id, {span_of_sample}) NOT IN (SELECT t.manager_id, t.day FROM stale t)
    OFFSET 0) s
), summed AS NOT MATERIALIZED (
  SELECT s.metric::text COLLATE "C" AS metric, {groups}s.mark, s.met, s.n, s.seconds, s.counts,
         s.business, s.business_counts
    FROM ({summaries}) s
   WHERE {where}
)"""
_SUMMARIES = """
    SELECT x.*, x.part_id AS area_id, x.part_id AS operator_id
      FROM report_summary x
     WHERE x.manager_id = ANY(%(managers)s) AND x.part = '{part}'
       AND x.day >= DATE '{first}' AND x.day < (SELECT k.until FROM kept k)
       AND (x.manager_id, {span_of_summary}) NOT IN (SELECT t.manager_id, t.day FROM stale t)"""
# Of a whole episode, when figures are per area or operator.
_WHOLE = """, whole_episode AS (
  SELECT s.metric::text COLLATE "C" AS metric, s.seconds, s.counts, s.business, s.business_counts
    FROM ({summaries}) s
   WHERE s.metric = 'tma' AND {filters}
)"""
_WEIGHED = """, weighed AS NOT MATERIALIZED (
  SELECT s.metric, {keys}s.mark::smallint AS mark, s.met, s.c FROM source s{summed}
)"""
_ALSO_SUMMED = """
   UNION ALL
  SELECT s.metric, {keys}s.mark, s.met, s.n FROM summed s"""


@dataclass(frozen=True, slots=True)
class Level:
    """The summaries that a question reads: of days, or of fortnights per part."""

    days: int
    part: str

    def span_of(self, day: str) -> str:
        """Returns SQL of the first day of the span that contains a day."""
        if self.days == DAY:
            return day
        return f"{day} - mod({day} - DATE '{EPOCH}', {self.days})"

    def first(self, since: date) -> date:
        """Returns the first day of the first span that starts at the day or later."""
        if self.days == DAY:
            return since
        begins = fortnight_of(since)
        return begins if begins == since else begins + timedelta(days=self.days)


def level_of(question: Question) -> Level | None:
    """Returns the summaries that can answer the question, or None."""
    asked = {*question.by, *question.filtered}
    parts = asked & {"area", "operator"}
    if "hour" in asked:
        return None
    if not parts:
        return Level(DAY, "")
    # An episode may have been in several of these areas.
    has_areas = question.area_ids is not None and len(question.area_ids) > 1
    is_of_days = asked & {"day", "week", "month", "weekday"} or question.own
    if len(parts) > 1 or is_of_days or has_areas:
        return None
    return Level(FORTNIGHT, parts.pop())


def samples(
    question: Question, metrics: Sequence[str], *, is_listed: bool = False
) -> str:
    """Returns LIVE and `source`, the filtered samples of the metrics.

    With all columns to list them, otherwise with those that are counted and the
    question's groups. In the latter case `source` excludes samples that are in `summed`
    (present if `level_of` returns a level), and `weighed` combines both for counting.
    """
    listed = ", ".join(f"'{name}'" for name in metrics)
    where = f"s.metric IN ({listed}) AND {question.filters('s')}"
    groups = question.groups("s")
    columns = _LISTED if is_listed else _COUNTED.format(groups=groups)
    begin = _FRESH.format(
        live=live_chats(metrics), columns=columns, listed=listed, where=where
    )
    level = None if is_listed else level_of(question)
    keys = question.columns("s")
    if level is None:
        # Index-only, and restricted to what each part of the statement needs.
        once = "" if is_listed else "NOT MATERIALIZED "
        source = _ONE_BY_ONE.format(materialized=once, columns=columns, where=where)
        return (
            begin + source + _WEIGHED.format(keys="" if is_listed else keys, summed="")
        )
    summed = _summed(question, level, columns, where)
    return (
        begin
        + summed
        + _WEIGHED.format(keys=keys, summed=_ALSO_SUMMED.format(keys=keys))
    )


def _summed(question: Question, level: Level, columns: str, where: str) -> str:
    """Returns `source`, without the samples that are in summaries, and `summed`."""
    names = {
        "first": level.first(question.since),
        "length": level.days,
        "span_of_day": level.span_of("d.day"),
        "span_of_sample": level.span_of("s.day"),
        "span_of_summary": level.span_of("x.day"),
        "span_of_end": level.span_of("(least(%(until)s::date, r.summaries_until) + 1)"),
    }
    summaries = _SUMMARIES.format(part=level.part, **names)
    groups = question.groups("s")
    return (
        _SPANS.format(**names)
        + _SUMMED_UP.format(
            columns=columns, where=where, groups=groups, summaries=summaries, **names
        )
        + _WHOLE.format(
            summaries=_SUMMARIES.format(part="", **names), filters=question.filters("s")
        )
    )
