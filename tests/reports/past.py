"""Writes past chats by SQL, with their events, messages and surveys."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.db import connection

from areas.models import Area, Operator, Schedule
from areas.rules.openings import extend
from managers.models import Manager
from tests import builders

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
# Brasília is three hours behind UTC all year.
OFFSET = timedelta(hours=3)
WEEK = {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(1, 6)}
HOLIDAY = "2025-11-20"
TARGETS = {"tme": 300, "tmr1": 600, "tmr": 300, "resolution": 7200}
_protocols = count(1)


def at(text: str) -> datetime:
    """Parses a time of November 2025 in Brasília: `20 14:05:09`."""
    day, _, clock = text.partition(" ")
    hour, minute, second = (*map(float, clock.split(":")), 0.0)[:3]
    begin = datetime(2025, 11, int(day), tzinfo=UTC) + OFFSET
    return begin + timedelta(hours=hour, minutes=minute, seconds=second)


class Centre:
    """A manager with two areas, two operators and business hours, a year ago."""

    def __init__(self, number: int, *, has_hours: bool = True) -> None:
        self.manager: Manager = builders.make_manager(number=number)
        self.sales = self._area("vendas")
        self.support = self._area("suporte")
        self.ana = builders.make_operator(
            self.manager, self.sales, self.support, name="Ana"
        )
        self.bruno = builders.make_operator(self.manager, self.support, name="Bruno")
        self.schedule_id: int | None = self.add_schedule() if has_hours else None

    def _area(self, code: str) -> Area:
        return builders.make_area(self.manager, code, created_at=LONG_AGO)

    def add_schedule(self, **over: Any) -> int:
        values: dict[str, Any] = {
            "valid_from": LONG_AGO,
            "zone": "America/Sao_Paulo",
            "hours": WEEK,
            "holidays": {HOLIDAY: []},
            "targets": TARGETS,
        }
        schedule = Schedule.objects.create(manager=self.manager, **values | over)
        extend(schedule.pk, datetime(2025, 12, 1, tzinfo=UTC))
        return schedule.pk

    def contact(self, channel: str = "whatsapp") -> Any:
        return builders.make_contact(self.manager, channel=channel)


def write_chat(
    centre: Centre,
    contact: Any,
    lines: Iterable[tuple[Any, ...]],
    said: Iterable[tuple[Any, ...]] = (),
) -> int:
    """Writes a chat. A line: when, kind, area, operator and what else; words: when, who.

    Who: `customer`, an operator, `phone` or `bot`.
    """
    lines = list(lines)
    opened = lines[0][0]
    closed = lines[-1][0] if lines[-1][1] == "closed" else None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at,"
            " closed_at) VALUES (%s, %s, %s, %s, %s) RETURNING id",
            [centre.manager.pk, contact.pk, f"P{next(_protocols):09}", opened, closed],
        )
        chat_id: int = cursor.fetchone()[0]
    go_on(centre, contact, chat_id, lines, said)
    return chat_id


def go_on(
    centre: Centre,
    contact: Any,
    chat_id: int,
    lines: Iterable[tuple[Any, ...]],
    said: Iterable[tuple[Any, ...]] = (),
) -> None:
    """Writes more events and messages of a chat."""
    with connection.cursor() as cursor:
        for when, kind, area, operator, *more in lines:
            _write_line(cursor, centre, chat_id, when, kind, area, operator, *more)
        for when, who in said:
            _write_message(cursor, centre, contact, chat_id, when, who)


def _write_line(
    cursor: Any, centre: Centre, chat_id: int, when: datetime, kind: str,
    area: Area | None, operator: Operator | None, more: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    values = {
        "cause": "", "actor": "", "acting": None, "sa": 10,
        "schedule": centre.schedule_id, **(more or {}),
    }  # fmt: skip
    acting = values["acting"]
    cursor.execute(
        "INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, area_id,"
        " operator_id, actor, acting_operator_id, cause, sa, schedule_id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            centre.manager.pk, chat_id, kind, when, area and area.pk,
            operator and operator.pk, values["actor"], acting and acting.pk,
            values["cause"], values["sa"], values["schedule"],
        ],
    )  # fmt: skip


def _write_message(
    cursor: Any, centre: Centre, contact: Any, chat_id: int, when: datetime, who: Any
) -> None:
    comes = who == "customer"
    sender = "" if comes else "0" if isinstance(who, str) else str(who.pk)
    auto = (
        {"phone": "phone", "bot": "menu"}.get(who, "") if isinstance(who, str) else ""
    )
    cursor.execute(
        "INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction,"
        " type, content, url, sender, status, error, created_at, stored_at, auto)"
        " VALUES (gen_random_uuid(), %s, %s, %s, %s, 'text', 'x', '', %s, %s, '', %s,"
        " %s, %s)",
        [
            centre.manager.pk, contact.pk, chat_id, "in" if comes else "out", sender,
            "read", when - timedelta(hours=1), when, auto,
        ],
    )  # fmt: skip


def write_survey(
    centre: Centre, chat_id: int, asked: datetime, state: str,
    rating: int | None = None, answered: datetime | None = None,
) -> None:  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chats_survey (chat_id, contact_id, state, asked_at, rating,"
            " comment, answered_at) SELECT id, contact_id, %s, %s, %s, '', %s"
            " FROM chats_chat WHERE id = %s",
            [state, asked, rating, answered, chat_id],
        )


def plain(value: Any) -> Any:
    """Returns the value after a round trip through JSON."""
    return json.loads(json.dumps(value, default=str))
