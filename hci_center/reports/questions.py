"""What is asked of the reports, and the rows that it is answered from, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hci_center.reports.definitions import METRICS
from hci_center.reports.metric import Metric

# The keys of groups, as text, of samples and of closed episodes.
KEYS: Mapping[str, str] = {
    "day": "to_char({x}.day, 'YYYY-MM-DD')",
    "week": "to_char(date_trunc('week', {x}.day::timestamp), 'YYYY-MM-DD')",
    "month": "to_char({x}.day, 'YYYY-MM')",
    "hour": "{x}.hour::text",
    "weekday": "extract(isodow FROM {x}.day)::integer::text",
    "area": "coalesce({x}.area_id, 0)::text",
    "operator": "coalesce({x}.operator_id, 0)::text",
    "channel": "{x}.channel",
    "manager": "{x}.manager_id::text",
}
# More marked chats than this are not computed at once: the kept rows are being made.
MOST_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of some managers in a closed interval of days, by at most two groups.

    `area_ids`, `operator_id`: None is no filter, 0 is none or nobody. `weekday`: 1 is
    Monday.
    """

    metric: str
    managers: tuple[int, ...]
    since: date
    until: date
    by: tuple[str, ...] = ()
    area_ids: tuple[int, ...] | None = None
    operator_id: int | None = None
    channel: str | None = None
    hour: int | None = None
    weekday: int | None = None
    # Of `delivery`: the code of a failure.
    code: str | None = None

    @property
    def definition(self) -> type[Metric]:
        return METRICS[self.metric]

    @property
    def is_by_part(self) -> bool:
        """Whether areas or operators of an episode are told apart."""
        return bool(
            {"area", "operator"} & {*self.by}
            or self.area_ids is not None
            or self.operator_id is not None
        )

    @property
    def filtered(self) -> tuple[str, ...]:
        """The groups of which only one is asked for, besides channel and manager."""
        given = {
            "area": self.area_ids,
            "operator": self.operator_id,
            "hour": self.hour,
            "weekday": self.weekday,
        }
        return tuple(name for name, value in given.items() if value is not None)

    def whole(self) -> Question:
        """Returns the question about all groups together."""
        return replace(self, by=())

    def values(self) -> dict[str, Any]:
        """Returns the parameters of every statement."""
        return {
            "managers": list(self.managers),
            "since": self.since,
            "until": self.until,
            "areas": None if self.area_ids is None else list(self.area_ids),
            "operator": self.operator_id,
            "channel": self.channel,
            "hour": self.hour,
            "weekday": self.weekday,
            "code": self.code,
            "most": MOST_AT_ONCE,
        }

    def keys(self, table: str) -> str:
        """Returns the groups of a row as an array of texts."""
        listed = ", ".join(KEYS[name].format(x=table) for name in self.by)
        return f"ARRAY[{listed}]::text[]"

    def filters(self, table: str) -> str:
        """Returns the condition of the filters, to follow a WHERE."""
        found = [f"{table}.manager_id = ANY(%(managers)s)"]
        found.append(f"{table}.day BETWEEN %(since)s AND %(until)s")
        if self.area_ids is not None:
            found.append(f"coalesce({table}.area_id, 0) = ANY(%(areas)s)")
        if self.operator_id is not None:
            found.append(f"coalesce({table}.operator_id, 0) = %(operator)s")
        if self.channel is not None:
            found.append(f"{table}.channel = %(channel)s")
        if self.hour is not None:
            found.append(f"{table}.hour = %(hour)s")
        if self.weekday is not None:
            found.append(f"extract(isodow FROM {table}.day) = %(weekday)s")
        return " AND ".join(found)


# Chats that are marked, whose kept rows do not count, and those that are open. A chat
# that could not be computed is shown as it was kept.
LIVE = """
WITH marked AS MATERIALIZED (
  SELECT DISTINCT h.id FROM report_dirty d JOIN chats_chat h ON h.id = d.chat_id
   WHERE d.failures = 0 AND h.manager_id = ANY(%(managers)s)
), dirty AS MATERIALIZED (
  SELECT id FROM marked WHERE (SELECT count(*) FROM marked) <= %(most)s
), live AS MATERIALIZED (
  SELECT id, true AS is_dirty FROM dirty{open}
), batch AS MATERIALIZED (
  SELECT l.is_dirty, array_agg(l.id) AS ids
    FROM (SELECT id, is_dirty,
                 row_number() OVER (PARTITION BY is_dirty ORDER BY id) / 1000 AS number
            FROM live) l
   GROUP BY l.is_dirty, l.number
)
"""
_OPEN = """
   UNION ALL
  SELECT id, false FROM chats_chat
   WHERE closed_at IS NULL AND manager_id = ANY(%(managers)s)
     AND opened_at < %(until)s::date + 2 AND id NOT IN (SELECT id FROM dirty)"""
# All others measure closed episodes alone, of which open chats have none that is not
# kept or marked.
_OF_OPEN_CHATS = frozenset(
    (
        "tme",
        "unserved",
        "tmr1",
        "tmr",
        "phone1",
        "phone",
        "reaction",
        "hold",
        "opened",
        "reopened",
    )
)


def live_chats(metrics: Sequence[str]) -> str:
    """Returns LIVE for these metrics, in batches, which keep what is sorted in memory."""
    return LIVE.replace("{open}", _OPEN if _OF_OPEN_CHATS & {*metrics} else "")


def samples(question: Question, metrics: Sequence[str]) -> str:
    """Returns LIVE and `source`, the samples of the metrics as the filters have them."""
    listed = _texts(metrics)
    of_open = _texts([metric for metric in metrics if metric in _OF_OPEN_CHATS])
    where = f"s.metric IN ({listed}) AND {question.filters('s')}"
    columns = """s.manager_id, s.metric, s.day, s.hour, s.area_id, s.operator_id,
      s.channel, s.micros, s.business_micros, s.target, s.mark, s.begins, s.ends,
      s.chat_id, s.episode, s.source"""
    return f"""{live_chats(metrics)}, source AS MATERIALIZED (
  SELECT {columns} FROM report_sample s
   WHERE {where} AND NOT EXISTS (SELECT FROM dirty d WHERE d.id = s.chat_id)
   UNION ALL
  SELECT {columns} FROM batch b CROSS JOIN LATERAL report_samples(b.ids,
           CASE WHEN b.is_dirty THEN ARRAY[{listed}] ELSE ARRAY[{of_open}]::text[] END) s
   WHERE {where} AND (s.is_open OR b.is_dirty)
)"""  # noqa: S608 - of columns and names of metrics


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


EPISODES = """chat_id, episode, manager_id, channel, origin, opened_by, area_id,
  closer_id AS operator_id, outcome, is_served, is_queued, had_bot, sa, authors, transfers,
  is_bounced, is_reopened, is_recontacted, movers, left_areas, begins, ends"""


def episodes(question: Question) -> str:
    """Returns LIVE and `source`: the episodes of the question.

    Closed ones by the day of their closing; of an opening all, by the day of that.
    """
    is_opening = question.metric in ("opened", "reopened")
    times = "opened_day AS day, opened_hour AS hour" if is_opening else "day, hour"
    kept = "opened_day" if is_opening else "day"
    return f"""{live_chats([question.metric])}, source AS MATERIALIZED (
  SELECT * FROM (
    SELECT {EPISODES}, {times} FROM report_episode e
     WHERE e.manager_id = ANY(%(managers)s) AND e.{kept} BETWEEN %(since)s AND %(until)s
       AND NOT EXISTS (SELECT FROM dirty d WHERE d.id = e.chat_id)
     UNION ALL
    SELECT {EPISODES}, {times}
      FROM batch b CROSS JOIN LATERAL report_episodes(b.ids, {not is_opening}) e
     WHERE e.ends IS NULL OR b.is_dirty
  ) s WHERE {question.filters("s")}
)"""  # noqa: S608 - of columns
