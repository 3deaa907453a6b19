"""Reads the past of an area, for a trial of its assignment.

Memory and time are bounded: a period with too many lines of the ledger is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby, pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from areas.models import Schedule
from areas.rules.schedules import Timetable, read_timetable, timetable_of
from chats.models import ChatEvent
from chats.rules.trial_pieces import Piece, Recorded, pieces_of, stays_in
from hci_center.errors import InvalidError

# The maximum number of ledger lines of a trial: 31 days of 1,000 chats a day.
MOST_LINES = 200_000

# All chats of the manager that were open in the period, and later lines, which show how
# long they were held. Chats in other areas also count towards an operator's limit.
_LINES = """
SELECT e.chat_id, h.protocol, e.id, e.kind, e.at, e.area_id, e.operator_id, e.cause,
       e.actor, e.acting_operator_id, e.schedule_id
  FROM chats_chat h JOIN chats_chatevent e ON e.chat_id = h.id
 WHERE h.manager_id = %(manager)s AND h.opened_at < %(until)s
   AND (h.closed_at IS NULL OR h.closed_at > %(since)s)
   AND e.kind IN ('opened', 'reopened', 'entered_area', 'claimed', 'assigned',
                  'transferred', 'released', 'closed', 'bot_step', 'bot_ended')
 ORDER BY e.chat_id, e.id LIMIT %(most)s
"""
_MEMBERS = """
SELECT o.id, o.cap FROM areas_operator o
  JOIN areas_operatorarea s ON s.operator_id = o.id AND s.area_id = %(area)s
 WHERE o.is_active ORDER BY o.id
"""
_SPANS = """
SELECT p.operator_id, p.state, p.started_at, p.ended_at FROM areas_presencespan p
 WHERE p.operator_id = ANY(%(operators)s) AND p.started_at < %(until)s
   AND (p.ended_at IS NULL OR p.ended_at > %(since)s)
 ORDER BY p.started_at, p.id
"""
_FIRST_SPAN = """
SELECT min(p.started_at) FROM areas_presencespan p
  JOIN areas_operator o ON o.id = p.operator_id WHERE o.manager_id = %(manager)s
"""
# When each operator was last assigned a contact automatically, in any area and in this
# one.
_GIVEN = """
SELECT e.operator_id, max(e.at), max(e.at) FILTER (WHERE e.area_id = %(area)s)
  FROM chats_chatevent e
 WHERE e.manager_id = %(manager)s AND e.at < %(since)s AND e.kind = 'assigned'
   AND e.at >= %(since)s - interval '90 days'
 GROUP BY e.operator_id
"""
# The operator of the contact's previous chat, and when it was closed.
_BEFORE = """
SELECT h.id, p.id, p.closed_at, p.last_operator_id
  FROM chats_chat h
  CROSS JOIN LATERAL (
    SELECT x.id, x.closed_at, x.last_operator_id FROM chats_chat x
     WHERE x.contact_id = h.contact_id AND x.closed_at <= h.opened_at
     ORDER BY x.closed_at DESC LIMIT 1) p
 WHERE h.id = ANY(%(chats)s) AND p.last_operator_id IS NOT NULL
"""
# Since when the customer had been waiting when his chat was released: his place in the
# queue.
_OWED = """
SELECT r.chat, r.at, (
         SELECT min(m.stored_at) FROM chats_message m
          WHERE m.chat_id = r.chat AND m.direction = 'in' AND m.stored_at <= r.at
            AND m.id > coalesce((
                SELECT max(x.id) FROM chats_message x
                 WHERE x.chat_id = r.chat AND x.direction = 'out' AND x.stored_at <= r.at
                   AND (x.auto = 'phone' OR x.auto = '' AND x.sender IN (
                        SELECT o.id::text FROM areas_operator o
                         WHERE o.manager_id = %(manager)s))), 0))
  FROM unnest(%(chats)s::bigint[], %(ats)s::timestamptz[]) AS r (chat, at)
"""


@dataclass(slots=True)
class Chat:
    """A chat in the area, as stays of consecutive pieces."""

    id: int
    protocol: str
    stays: list[list[Piece]]
    # The contact's previous chat: its id, when it was closed, and its operator.
    before: tuple[int, datetime, int] | None = None


@dataclass(slots=True)
class Past:
    """The data that a trial replays."""

    since: datetime
    until: datetime
    chats: list[Chat] = field(default_factory=list)
    # Holds of the area's operators in other areas: operator, start, end.
    elsewhere: list[tuple[int, datetime, datetime | None]] = field(default_factory=list)
    # Automatic assignments of other areas: operator, when.
    given_elsewhere: list[tuple[int, datetime]] = field(default_factory=list)
    # The cap of each operator of the area, None: the rule's cap.
    operators: dict[int, int | None] = field(default_factory=dict)
    # Operator, state, start, end.
    presence: list[tuple[int, str, datetime, datetime | None]] = field(
        default_factory=list
    )
    is_presence_recorded: bool = True
    # The latest automatic assignment of each, in any area and in this one.
    given: dict[int, tuple[datetime | None, datetime | None]] = field(
        default_factory=dict
    )
    openings: list[tuple[datetime, datetime]] = field(default_factory=list)


def read_past(manager_id: int, area_id: int, since: datetime, until: datetime) -> Past:
    """Returns the past of the area; raises InvalidError if it has too many events."""
    past = Past(since, until)
    values: dict[str, Any] = {
        "manager": manager_id,
        "area": area_id,
        "since": since,
        "until": until,
        "most": MOST_LINES + 1,
    }
    rows = _rows(_LINES, values)
    if len(rows) > MOST_LINES:
        sentence = _("Too much happened in this period: choose a shorter one.")
        raise InvalidError({"from": [sentence]})
    past.operators = dict(_rows(_MEMBERS, values))
    values["operators"] = list(past.operators)
    lines = [Recorded(*row) for row in rows]
    _read_chats(past, lines, area_id)
    _read_places(past, manager_id)
    _read_presence(past, lines, values)
    past.given = {who: (at, here) for who, at, here in _rows(_GIVEN, values)}
    past.openings = list(_openings(past, lines, manager_id, area_id))
    return past


def recorded_waits(past: Past) -> list[float]:
    """Returns the recorded wait times of chats that were taken in the period."""
    return [
        (piece.end - piece.begin).total_seconds()
        for chat in past.chats
        for stay in chat.stays
        for piece, following in pairwise(stay)
        if piece.operator_id is None
        and piece.end is not None
        and following.operator_id is not None
        and piece.end < past.until
    ]


def usual_seconds(past: Past) -> float:
    """Returns the median hold time, used for chats that nobody ever held."""
    held = [
        piece.seconds
        for chat in past.chats
        for stay in chat.stays
        for piece in stay
        if piece.operator_id is not None and piece.seconds is not None
    ]
    return median(held) if held else 0.0


def _read_chats(past: Past, lines: list[Recorded], area_id: int) -> None:
    for chat_id, group in groupby(lines, key=lambda line: line.chat_id):
        own = list(group)
        pieces = pieces_of(own)
        stays = stays_in(pieces, area_id, past.since, past.until)
        if stays:
            past.chats.append(Chat(chat_id, own[0].protocol, stays))
        for piece in pieces:
            who = piece.operator_id
            if piece.begin >= past.until or (piece.end and piece.end <= past.since):
                continue
            if who in past.operators and piece.area_id != area_id:
                past.elsewhere.append((who, piece.begin, piece.end))
                if piece.is_by_rule and past.since <= piece.begin < past.until:
                    past.given_elsewhere.append((who, piece.begin))


def _read_places(past: Past, manager_id: int) -> None:
    """Reads the queue places of released chats, and previous operators."""
    released = [
        (chat.id, piece)
        for chat in past.chats
        for stay in chat.stays
        for piece in stay
        if piece.is_released
    ]
    values: dict[str, Any] = {
        "manager": manager_id,
        "chats": [chat_id for chat_id, _piece in released],
        "ats": [piece.begin for _chat_id, piece in released],
    }
    owed = {(chat, at): since for chat, at, since in _rows(_OWED, values)}
    for chat_id, piece in released:
        piece.place = owed.get((chat_id, piece.begin)) or piece.begin
    values = {"chats": [chat.id for chat in past.chats]}
    before = {row[0]: row[1:] for row in _rows(_BEFORE, values)}
    for chat in past.chats:
        chat.before = before.get(chat.id)


def _read_presence(past: Past, lines: list[Recorded], values: dict[str, Any]) -> None:
    """Reads presence; before the first span, acting on a day counts as presence."""
    past.presence = _rows(_SPANS, values)
    [(first,)] = _rows(_FIRST_SPAN, values)
    needed = min(
        (
            max(piece.begin, past.since)
            for chat in past.chats
            for stay in chat.stays
            for piece in stay
        ),
        default=past.until,
    )
    past.is_presence_recorded = first is not None and first <= needed
    if not past.is_presence_recorded:
        zone = timetable_of(values["manager"], values["area"]).zone
        until = past.until if first is None else min(first, past.until)
        past.presence = [*_assumed(past, lines, zone, until), *past.presence]


def _assumed(
    past: Past, lines: list[Recorded], zone: ZoneInfo, until: datetime
) -> Iterator[tuple[int, str, datetime, datetime | None]]:
    """Yields the time from the first to the last action of each operator and day."""
    days: dict[tuple[int, date], tuple[datetime, datetime]] = {}
    for line in lines:
        acted = line.acting_operator_id
        if line.kind == ChatEvent.Kind.ASSIGNED:
            acted = line.operator_id
        if acted not in past.operators or not past.since <= line.at < until:
            continue
        key = (acted, line.at.astimezone(zone).date())
        first, last = days.get(key, (line.at, line.at))
        days[key] = (min(first, line.at), max(last, line.at))
    for (who, _day), (first, last) in sorted(days.items(), key=lambda one: one[1]):
        yield who, "online", first, last


def _openings(
    past: Past, lines: list[Recorded], manager_id: int, area_id: int
) -> Iterator[tuple[datetime, datetime]]:
    """Yields the open spans of the area, by the versions in its ledger lines."""
    borne = sorted(
        (line.at, line.schedule_id) for line in lines if line.area_id == area_id
    )
    versions = Schedule.objects.in_bulk({version or 0 for _at, version in borne})
    changes: list[tuple[datetime, int | None]] = []
    for at, version in borne:
        if not changes or changes[-1][1] != version:
            changes.append((at, version))
    if not changes:
        yield from _clipped(timetable_of(manager_id, area_id), past.since, past.until)
        return
    changes[0] = (past.since, changes[0][1])
    ends = [at for at, _version in changes[1:]] + [past.until]
    for (begin, version), end in zip(changes, ends, strict=True):
        row = versions.get(version or 0)
        timetable = (
            Timetable(ZoneInfo("UTC"))
            if row is None
            else read_timetable(row.zone, row.hours, row.holidays)
        )
        yield from _clipped(timetable, max(begin, past.since), min(end, past.until))


def _clipped(
    timetable: Timetable, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    if begin < end:
        for opens, closes in timetable.openings(begin, end):
            yield max(opens, begin), min(closes, end)


def _rows(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
