"""The question that a report answers, and the SQL of the rows it is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hci_center.reports.kept.open_chats import CHANGED
from hci_center.reports.metrics.definitions import METRICS
from hci_center.reports.metrics.metric import Metric

# The groups of samples and closed episodes: the columns to group by, and the keys built
# from them. Weeks begin on Monday.
_MONDAY = "DATE '2001-01-01'"
GROUPS: Mapping[str, str] = {
    "day": "{x}.day",
    "week": f"{{x}}.day - mod({{x}}.day - {_MONDAY}, 7)",
    "month": "date_trunc('month', {x}.day::timestamp)",
    "hour": "{x}.hour",
    "weekday": f"mod({{x}}.day - {_MONDAY}, 7) + 1",
    "area": "coalesce({x}.area_id, 0)",
    "operator": "coalesce({x}.operator_id, 0)",
    "channel": "{x}.channel::text",
    "manager": "{x}.manager_id",
}
_TEXTS: Mapping[str, str] = {
    "day": "to_char({k}, 'YYYY-MM-DD')",
    "week": "to_char({k}, 'YYYY-MM-DD')",
    "month": "to_char({k}, 'YYYY-MM')",
}
# More marked chats than this are not computed live: the stored rows are being built.
MOST_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class OwnPeriod:
    """The days of one manager, where it is not the same day for all: "today"."""

    manager_id: int
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Question:
    """A metric of some managers in a closed interval of days, by at most two groups.

    `area_ids`, `operator_id`: None means no filter, 0 means none or nobody. `weekday`:
    1 is Monday. `own`: the period of each manager, within that of the question.
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
    # For rows of the metric's `valued_part`: only those with this value; "" is none.
    value: str | None = None
    own: tuple[OwnPeriod, ...] = ()

    @property
    def definition(self) -> type[Metric]:
        return METRICS[self.metric]

    @property
    def is_by_part(self) -> bool:
        """Whether figures are per area or operator of an episode."""
        return bool(
            {"area", "operator"} & {*self.by}
            or self.area_ids is not None
            or self.operator_id is not None
        )

    @property
    def filtered(self) -> tuple[str, ...]:
        """The groups with a filter, besides channel and manager."""
        given = {
            "area": self.area_ids,
            "operator": self.operator_id,
            "hour": self.hour,
            "weekday": self.weekday,
        }
        return tuple(name for name, value in given.items() if value is not None)

    def whole(self) -> Question:
        """Returns the question for the total of all groups."""
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
            "value": self.value,
            "own_managers": [each.manager_id for each in self.own],
            "own_since": [each.since for each in self.own],
            "own_until": [each.until for each in self.own],
            "most": MOST_AT_ONCE,
        }

    def keys(self, table: str) -> str:
        """Returns the groups of a row as an array of texts."""
        return self._array([f"({GROUPS[name].format(x=table)})" for name in self.by])

    def groups(self, table: str) -> str:
        """Returns the groups of a row as columns k0, k1, to precede others."""
        return "".join(
            f"{GROUPS[name].format(x=table)} AS k{place}, "
            for place, name in enumerate(self.by)
        )

    def columns(self, table: str) -> str:
        """Returns these columns, to precede others."""
        return "".join(f"{table}.k{place}, " for place in range(len(self.by)))

    def texts(self, table: str) -> str:
        """Returns these columns as an array of texts, the keys."""
        return self._array([f"{table}.k{place}" for place in range(len(self.by))])

    def _array(self, columns: Sequence[str]) -> str:
        listed = ", ".join(
            _TEXTS.get(name, "{k}::text").format(k=column)
            for name, column in zip(self.by, columns, strict=True)
        )
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
        return " AND ".join(found) + self.own_days(
            f"{table}.manager_id", f"{table}.day"
        )

    def own_days(self, manager: str, day: str) -> str:
        """Returns the condition of the managers' own periods, to follow others."""
        if not self.own:
            return ""
        return f""" AND EXISTS (
            SELECT FROM unnest(%(own_managers)s::bigint[], %(own_since)s::date[],
                               %(own_until)s::date[]) own (manager_id, since, until)
             WHERE own.manager_id = {manager} AND {day} BETWEEN own.since AND own.until)"""


def own_periods(
    periods: Mapping[int, tuple[date, date]], today: date
) -> tuple[date, date, tuple[OwnPeriod, ...]]:
    """Returns the first and last day of the managers' periods, and those that differ."""
    since = min((since for since, _until in periods.values()), default=today)
    until = max((until for _since, until in periods.values()), default=today)
    if len({*periods.values()}) <= 1:
        return since, until, ()
    own = (OwnPeriod(pk, *period) for pk, period in sorted(periods.items()))
    return since, until, tuple(own)


# Marked chats, and open chats with newer events: they are computed live instead of from
# their stored rows. A chat that could not be computed is shown as stored.
LIVE = """
WITH marked AS MATERIALIZED (
  SELECT DISTINCT h.id FROM report_dirty d JOIN chats_chat h ON h.id = d.chat_id
   WHERE d.failures = 0 AND h.manager_id = ANY(%(managers)s)
), dirty AS MATERIALIZED (
  SELECT id FROM marked WHERE (SELECT count(*) FROM marked) <= %(most)s{open}
), batch AS MATERIALIZED (
  SELECT array_agg(d.id) AS ids
    FROM (SELECT id, row_number() OVER (ORDER BY id) / 1000 AS number FROM dirty) d
   GROUP BY d.number
)
"""
_OPEN = f"""
   UNION{CHANGED}"""
# All other metrics only measure closed episodes; those of open chats are all stored or
# marked.
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
    """Returns LIVE for these metrics: in batches, so that sorts fit in memory."""
    return LIVE.replace("{open}", _OPEN if _OF_OPEN_CHATS & {*metrics} else "")


EPISODES = """chat_id, episode, manager_id, channel, origin, opened_by, area_id,
  closer_id AS operator_id, outcome, is_served, is_queued, had_bot, sa, authors, transfers,
  is_bounced, is_reopened, is_recontacted, movers, left_areas, begins, ends"""

_COUNTED_OF_EPISODES = """s.origin, s.opened_by, s.outcome, s.is_served, s.is_queued,
  s.had_bot, s.sa, s.authors, s.transfers, s.is_bounced, s.is_reopened, s.is_recontacted,
  s.ends"""


def episodes(question: Question, *, is_listed: bool = False) -> str:
    """Returns LIVE and `source`: the episodes of the question.

    Closed episodes by the day of closing; for metrics of openings, all by the day of
    opening. With the columns of `samples`.
    """
    columns = "*" if is_listed else f"{question.groups('s')}{_COUNTED_OF_EPISODES}"
    is_opening = question.metric in ("opened", "reopened")
    times = "opened_day AS day, opened_hour AS hour" if is_opening else "day, hour"
    kept = "opened_day" if is_opening else "day"
    return f"""{live_chats([question.metric])}, source AS (
  SELECT {columns} FROM (
    SELECT {EPISODES}, {times} FROM report_episode e
     WHERE e.manager_id = ANY(%(managers)s) AND e.{kept} BETWEEN %(since)s AND %(until)s
       AND e.chat_id NOT IN (SELECT d.id FROM dirty d)
     UNION ALL
    SELECT {EPISODES}, {times}
      FROM batch b CROSS JOIN LATERAL report_episodes(b.ids, {not is_opening}) e
  ) s WHERE {question.filters("s")}
)"""  # noqa: S608 - of columns
