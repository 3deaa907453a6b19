"""The rows that a figure counts, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Literal, Self

from django.core import signing

from hci_center.reports import replica
from hci_center.reports.computing.counted import (
    BESIDE,
    SPREADS,
    Counted,
    counted,
    listed_moves,
)
from hci_center.reports.computing.deliveries import listed_deliveries
from hci_center.reports.computing.presence_figures import NAMES, listed_spans
from hci_center.reports.computing.questions import Question
from hci_center.reports.computing.uptime import listed_incidents
from hci_center.reports.computing.volumes import listed_volumes
from hci_center.reports.metrics.definitions import METRICS

# For a share: numerator (`n`), denominator (`of`), or the rest. Other values are those
# that metrics list in `parts`.
Part = Literal[
    "n", "of", "rest", "in", "human", "automatic", "sent", "delivered", "failed",
    "resolved", "abandoned", "lost", "contained", "dropped", "other", "origins", "marks",
    "unserved", "unanswered", "byPhone", "first",
]  # fmt: skip
OF_ALL: tuple[Part, ...] = ("n", "of", "rest")
_CONDITIONS: dict[str, str] = {
    "n": "({of}) AND ({n})",
    "of": "({of})",
    "rest": "({of}) AND ({n}) IS NOT TRUE",
    # Of `closed`.
    **{name: f"({{of}}) AND s.outcome = '{name}'" for name in METRICS["closed"].parts},
}
_PURPOSE = "report-rows"
# The number of days in which a page is searched before the whole period. What happened
# before a day begins in UTC belongs to that day or an earlier one, in any time zone.
FIRST_DAYS = (4, 32)
_NOTHING_MEASURED = "NULL::bigint AS seconds, NULL::bigint AS business"
_UNMEASURED = ("csat", "answered_surveys", "requeues", "bounce")
# Rows are of chats unless stated otherwise.
_OF_CHAT = "NULL::bigint AS contact_id, NULL::bigint AS of_chat"
# Metrics that are not computed from chats.
_OTHERS: Mapping[str, Callable[[Question, str], tuple[str, str]]] = {
    "messages": listed_volumes,
    "new_contacts": listed_volumes,
    "delivery": listed_deliveries,
    "health": listed_incidents,
    **dict.fromkeys(NAMES, listed_spans),
}

_PAGE = """, page AS (
  SELECT * FROM ({rows}) r
   WHERE (%(at)s::timestamptz IS NULL
          OR (r.at, r.chat_id, r.episode, r.source)
             > (%(at)s::timestamptz, %(chat)s::bigint, %(episode)s::integer,
                %(source)s::bigint))
     AND (%(before)s::timestamptz IS NULL OR r.at < %(before)s::timestamptz)
   ORDER BY r.at, r.chat_id, r.episode, r.source LIMIT %(limit)s
)
SELECT p.at, p.chat_id, p.episode, p.source, h.id, coalesce(h.protocol, ''), c.id,
       c.channel, c.external_id, p.manager_id, p.area_id, p.operator_id, p.channel,
       p.begins, p.ends, p.seconds, p.business, p.mark
  FROM page p{message}
  LEFT JOIN chats_chat h ON h.id = coalesce({chat}, p.of_chat, p.chat_id)
  LEFT JOIN contacts_contact c ON c.id = coalesce(h.contact_id, p.contact_id)
 ORDER BY p.at, p.chat_id, p.episode, p.source
"""


# A delivery does not know its chat.
_MESSAGE = "\n  LEFT JOIN chats_message m ON m.id = p.source"


class ForeignPlaceError(ValueError):
    """The cursor is invalid, or belongs to rows with other filters."""


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a page; rows are sorted by these values."""

    at: datetime
    chat_id: int
    episode: int
    source: int

    def encode(self, filters: str) -> str:
        value = [self.at.isoformat(), self.chat_id, self.episode, self.source]
        return signing.dumps(value, salt=f"{_PURPOSE}:{filters}")

    @classmethod
    def decode(cls, given: str, filters: str) -> Self:
        """Raises ForeignPlaceError."""
        try:
            at, *rest = signing.loads(given, salt=f"{_PURPOSE}:{filters}")
        except signing.BadSignature as error:
            raise ForeignPlaceError from error
        return cls(datetime.fromisoformat(at), *rest)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a figure counts.

    `chat_id` and the contact's fields are None, and the protocol "", for rows without a
    chat. `area_id` and `operator_id`: 0 is none or nobody; None stands for several, in
    an episode that the figure counts once. `ends`: None while the episode is open.
    `seconds` and `business`: None if nothing is measured. `mark`: only for `csat`.
    """

    place: Place
    chat_id: int | None
    protocol: str
    contact_id: int | None
    contact_channel: str | None
    external_id: str | None
    manager_id: int
    area_id: int | None
    operator_id: int | None
    channel: str
    begins: datetime
    ends: datetime | None
    seconds: int | None
    business: int | None
    mark: int | None


def rows_of(
    question: Question, limit: int, after: Place | None = None, part: Part = "n"
) -> tuple[list[Row], Place | None]:
    """Returns a page of the rows that the question's figure counts, and its end.

    In chronological order. The place is None on the last page. Groups of the question
    are ignored. `part` applies to shares; for others it is `n`.
    """
    if after is not None:
        # Later rows are not of an earlier day, in any time zone.
        since = after.at.date() - timedelta(days=1)
        question = replace(question, since=max(question.since, since))
    for days in FIRST_DAYS:
        # Most pages only contain the first days: the others need not be read and
        # sorted.
        until = question.since + timedelta(days=days)
        if until >= question.until:
            break
        asked = replace(question, until=until)
        before = datetime.combine(until, time(), UTC)
        found = _found(asked, limit + 1, after, part, before)
        if len(found) > limit:
            return found[:limit], found[limit - 1].place
    found = _found(question, limit + 1, after, part)
    if len(found) <= limit:
        return found, None
    return found[:limit], found[limit - 1].place


def _found(
    question: Question,
    limit: int,
    after: Place | None,
    part: Part,
    before: datetime | None = None,
) -> list[Row]:
    """Returns the first rows; `before`: only of those before that time."""
    values = question.values() | {
        "at": after and after.at,
        "before": before,
        "chat": after and after.chat_id,
        "episode": after and after.episode,
        "source": after and after.source,
        "limit": limit,
    }
    with replica.cursor() as cursor:
        cursor.execute(_statement(question, part), values)
        return [Row(Place(*row[:4]), *row[4:]) for row in cursor.fetchall()]


def _statement(question: Question, part: Part) -> str:
    if question.metric in _OTHERS:
        begin, listed = _OTHERS[question.metric](question, part)
        return begin + _page(listed, is_of_message=question.metric == "delivery")
    if question.metric == "transfer" and question.is_by_part:
        condition = _CONDITIONS[part].format(n="e.is_moved", of="true")
        return listed_moves(question) + _page(_episodes("each e", "e", condition))
    base = counted(question, is_listed=True)
    condition = _condition(question, part, base)
    if question.metric == "tma":
        listed = _handled(condition)
    elif base.is_of_samples:
        listed = _samples(condition, question.metric)
    else:
        listed = _episodes("source s", "s", condition, _moment(question))
    return base.source + _page(listed)


def _condition(question: Question, part: Part, base: Counted) -> str:
    """Returns the condition of the rows of a part, for those of a value only."""
    beside = BESIDE.get(question.metric, {})
    if part in beside:
        return beside[part]
    name, column, condition = SPREADS.get(question.metric, ("", "", ""))
    if part != name:
        return _CONDITIONS[part].format(n=base.n, of=base.of)
    if question.value is None:
        return condition
    return f"{condition} AND {column} = %(value)s"


def _page(listed: str, *, is_of_message: bool = False) -> str:
    message, chat = (_MESSAGE, "m.chat_id") if is_of_message else ("", "NULL::bigint")
    page = _PAGE.replace("{rows}", listed)
    return page.replace("{message}", message).replace("{chat}", chat)


def _moment(question: Question) -> str:
    return "s.begins" if question.metric in ("opened", "reopened") else "s.ends"


def _samples(condition: str, metric: str) -> str:
    measured = (
        _NOTHING_MEASURED
        if metric in _UNMEASURED
        else "s.micros / 1000000 AS seconds, s.business_micros / 1000000 AS business"
    )
    mark = "s.mark" if metric == "csat" else "NULL::smallint AS mark"
    return f"""SELECT s.ends AS at, s.chat_id, s.episode, coalesce(s.source, 0) AS source,
         s.manager_id, coalesce(s.area_id, 0) AS area_id,
         coalesce(s.operator_id, 0) AS operator_id, s.channel, s.begins, s.ends,
         {measured}, {mark}, {_OF_CHAT}
    FROM source s WHERE {condition}"""  # noqa: S608 - of columns


def _handled(condition: str) -> str:
    """SQL of the time with operators, added up per episode."""
    return f"""SELECT min(s.ends) AS at, s.chat_id, s.episode, 0::bigint AS source,
         min(s.manager_id) AS manager_id,
         CASE WHEN count(DISTINCT coalesce(s.area_id, 0)) = 1
              THEN coalesce(min(s.area_id), 0) END AS area_id,
         CASE WHEN count(DISTINCT s.operator_id) = 1 THEN min(s.operator_id) END
           AS operator_id,
         min(s.channel) AS channel, min(s.begins) AS begins, min(s.ends) AS ends,
         sum(s.micros)::bigint / 1000000 AS seconds,
         sum(s.business_micros)::bigint / 1000000 AS business, NULL::smallint AS mark,
         {_OF_CHAT}
    FROM source s WHERE {condition} GROUP BY s.chat_id, s.episode"""  # noqa: S608


def _episodes(table: str, x: str, condition: str, moment: str = "e.ends") -> str:
    return f"""SELECT {moment} AS at, {x}.chat_id, {x}.episode, 0::bigint AS source,
         {x}.manager_id, {_or_none(x, "area_id", table)},
         {_or_none(x, "operator_id", table)}, {x}.channel, {x}.begins, {x}.ends,
         {_NOTHING_MEASURED}, NULL::smallint AS mark, {_OF_CHAT}
    FROM {table} WHERE {condition}"""  # noqa: S608 - of columns


def _or_none(x: str, column: str, table: str) -> str:
    """Returns the column as SQL; NULL is 0 except in `each`, where it means several."""
    if table.startswith("each"):
        return f"{x}.{column}"
    return f"coalesce({x}.{column}, 0) AS {column}"
