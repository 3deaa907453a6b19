"""Reads and writes clocks, and reads the rows from which they are derived."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from areas.rules.schedules import Timetable, parse_timetable
from chats.models import Chat, Clock
from chats.rules.clock_spans import LINE_KINDS, Line, Span, Turn
from hci_center.database.rows import ModelRows

# The key in `Schedule.targets` of each kind of clock.
TARGETS = {
    Clock.Kind.QUEUE.value: "tme",
    Clock.Kind.FIRST.value: "tmr1",
    Clock.Kind.REPLY.value: "tmr",
    Clock.Kind.RESOLUTION.value: "resolution",
}
# A version of the hours: its timetable, and its targets in seconds; versions by id.
Version = tuple[Timetable, Mapping[str, int]]
Versions = Mapping[int | None, Version]
# A clock is at risk once this share of its target has elapsed.
RISK = 0.8
_LINES = """
SELECT kind, at, area_id, operator_id, cause, schedule_id FROM chats_chatevent
 WHERE chat_id = %s AND kind = ANY(%s) ORDER BY id
"""
_ROWS = ModelRows(Clock)
_CLOCKS = f"""
SELECT {_ROWS.columns("k")} FROM chats_clock k
 WHERE k.chat_id = %s AND k.started_at >= %s ORDER BY k.id
"""  # noqa: S608 - of columns
_SCHEDULES = """
SELECT id, zone, hours::text, holidays::text, targets::text FROM areas_schedule
 WHERE id = ANY(%s)
"""
_START = """
INSERT INTO chats_clock (chat_id, kind, area_id, schedule_id, target, started_at, risk_at,
                         due_at, met_at, void_at)
SELECT %s, * FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::integer[],
                         %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
                         %s::timestamptz[], %s::timestamptz[])
"""
# The first message of each turn: of the customer, an operator or somebody on the phone.
# Each episode is partitioned separately, because messages from before a closing do not
# count after it.
_TURNS = """
SELECT said.at, said.who FROM (
  SELECT each.*, lag(each.who) OVER (
           PARTITION BY width_bucket(each.at, %(begins)s::timestamptz[])
           ORDER BY each.at, each.id) AS before FROM (
    SELECT m.id, greatest(coalesce(m.stored_at, m.created_at), h.opened_at) AS at,
           CASE WHEN m.direction = 'in' THEN 'customer'
                WHEN m.auto = 'phone' THEN 'phone' ELSE 'operator' END AS who
      FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
     WHERE m.chat_id = %(chat)s
       AND (m.direction = 'in' OR m.auto = 'phone' OR m.auto = '' AND m.sender IN (
              SELECT o.id::text FROM areas_operator o WHERE o.manager_id = m.manager_id))
    ) each
   WHERE each.at >= (%(begins)s::timestamptz[])[1]) said
 WHERE said.before IS DISTINCT FROM said.who
 ORDER BY said.at, said.id
"""


def lines_of(chat: Chat) -> list[Line]:
    """Returns the ledger lines of the kinds in LINE_KINDS, oldest first."""
    return [
        Line(*row)
        for row in _fetched(_LINES, [chat.pk, [kind.value for kind in LINE_KINDS]])
    ]


def turns_of(chat: Chat, begins: Sequence[datetime]) -> list[Turn]:
    """Returns the turns of a chat's conversation, oldest first.

    `begins` has the start times of the episodes, in order; earlier messages are
    ignored.
    """
    values: dict[str, Any] = {"chat": chat.pk, "begins": list(begins)}
    return [Turn(*row) for row in _fetched(_TURNS, values)]


def clocks_of(chat: Chat, since: datetime) -> list[Clock]:
    """Returns the clocks of a chat that started at that time or later, oldest first."""
    return [_ROWS.read(row) for row in _fetched(_CLOCKS, [chat.pk, since])]


def versions_of(lines: Iterable[Line]) -> Versions:
    """Returns the versions of the hours that these lines refer to, by id."""
    ids = list({line.schedule_id for line in lines if line.schedule_id is not None})
    rows = _fetched(_SCHEDULES, [ids]) if ids else []
    return {
        version: (parse_timetable(zone, hours, holidays), json.loads(targets))
        for version, zone, hours, holidays, targets in rows
    }


def start(chat: Chat, spans: Sequence[Span], versions: Versions) -> None:
    """Inserts a clock for each of these spans."""
    if not spans:
        return
    rows = []
    for span in spans:
        target, timetable = target_of(span, versions), versions[span.schedule_id][0]
        rows.append(
            (
                span.kind,
                span.area_id,
                span.schedule_id,
                target,
                span.started_at,
                timetable.due(span.started_at, target * RISK),
                timetable.due(span.started_at, target),
                span.met_at,
                span.void_at,
            )
        )
    with connection.cursor() as cursor:
        cursor.execute(_START, [chat.pk, *map(list, zip(*rows, strict=True))])


def target_of(span: Span, versions: Versions) -> int:
    """Returns the target in seconds of open hours; 0 means there is none."""
    version = versions.get(span.schedule_id)
    return 0 if version is None else int(version[1].get(TARGETS[span.kind], 0))


def _fetched(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
