"""Clocks of random chats and weeks, compared with independent calculations."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from areas.models import Schedule
from chats.models import Chat, ChatEvent, Clock, Message, Task
from chats.rules import clocks
from tests import builders
from tests.areas.rules.test_schedules import ZONES, Stepped, random_spans
from tests.chats.rules.living import Life
from tests.chats.rules.running import run_tasks
from tests.counts import count

MINUTE = timedelta(minutes=1)
NAMES = {"queue": "tme", "first": "tmr1", "reply": "tmr", "resolution": "resolution"}


@dataclass
class ClockMachine:
    """A state machine that derives a chat's clocks from its events.

    It follows the definitions of the reports: clocks that ran before a bot chose an
    area are voided.
    """

    targets: dict[Any, dict[str, int]]
    has_areas: bool
    found: list[list[Any]] = field(default_factory=list)
    going: dict[str, list[Any]] = field(default_factory=dict)

    def start(self, kind: str, at: Any, line: ChatEvent, of: Any = None) -> None:
        source = of or line
        target = self.targets.get(source.schedule_id, {}).get(NAMES[kind], 0)
        clock = [kind, at, source.area_id, source.schedule_id, None, None]
        self.going[kind] = clock
        if target:
            self.found.append(clock)

    def end(self, kind: str, at: Any, *, met: bool) -> None:
        clock = self.going.pop(kind, None)
        if clock is not None:
            clock[4 if met else 5] = at

    def take_back(self) -> None:
        """Discards the clocks of the episode, also those that were met meanwhile."""
        del self.found[self.before :]
        self.going.clear()

    def line(self, line: ChatEvent) -> None:
        if line.kind == "opened":
            self.opened, self.by_person = line, line.cause == "operator"
            self.before = len(self.found)
            self.bot = line.area_id is None and self.has_areas and not self.by_person
            # A choice of area may still show that a bot had the customer until then.
            self.may_choose = line.area_id is not None and not self.by_person
            self.had, self.owed, self.operator_wrote = False, None, False
            self.area, self.newest = line.area_id, line
            if not self.bot:
                self.leave_bot(line)
            return
        self.newest = line
        if line.kind == "closed":
            for kind in ("queue", "first", "reply"):
                self.end(kind, line.at, met=False)
            resolves = line.cause not in ("deleted", "merged")
            self.end("resolution", line.at, met=resolves)
            return
        if self.bot:
            if line.area_id or line.operator_id:
                self.bot = False
                self.leave_bot(line)
        elif self.may_choose and line.kind == "entered_area":
            self.take_back()
            self.leave_bot(line)
        elif line.area_id != self.area:
            self.end("queue", line.at, met=False)
            self.taken = False
            self.enter(line)
        elif line.operator_id and not self.taken:
            self.taken = True
            self.end("queue", line.at, met=True)
        self.area = line.area_id
        self.may_choose = (
            self.may_choose and not line.operator_id and line.kind != "entered_area"
        )

    def leave_bot(self, line: ChatEvent) -> None:
        self.taken = False
        self.start("resolution", self.opened.at, line)
        self.enter(line)
        if self.owed:
            self.owe(line.at, line)

    def enter(self, line: ChatEvent) -> None:
        self.taken = line.operator_id is not None
        if not self.taken:
            self.start("queue", line.at, line)

    def owe(self, at: Any, line: ChatEvent) -> None:
        is_first = not self.by_person and not self.operator_wrote
        self.start("first" if is_first else "reply", at, line)

    def message(self, message: Message, at: Any) -> None:
        if message.direction == "in":
            if not self.owed:
                self.owed = at
                if not self.bot:
                    self.owe(at, self.newest)
            return
        is_phone = message.auto == "phone"
        if not is_phone and message.sender in ("", "0"):
            return
        self.owed = None
        self.operator_wrote = self.operator_wrote or not is_phone
        for kind in ("first", "reply"):
            self.end(kind, at, met=True)


def derived_clocks(
    chat: Chat, targets: Any, *, has_areas: bool
) -> list[tuple[Any, ...]]:
    happened: list[Any] = [
        (line.at, 0, line.pk, line) for line in ChatEvent.objects.filter(chat=chat)
    ]
    for message in Message.objects.filter(chat=chat):
        at = max(message.stored_at or message.created_at, chat.opened_at)
        happened.append((at, 1, message.pk, message))
    machine = ClockMachine(targets, has_areas)
    for at, is_message, _id, row in sorted(happened, key=lambda one: one[:3]):
        if is_message:
            machine.message(row, at)
        else:
            machine.line(row)
    return sorted((tuple(one) for one in machine.found), key=str)


def stored(chat: Chat) -> tuple[list[tuple[Any, ...]], list[Clock]]:
    """Returns the clocks, and those that were voided."""
    rows = list(Clock.objects.filter(chat=chat))
    columns = ("kind", "started_at", "area_id", "schedule_id", "met_at", "void_at")
    found = [tuple(getattr(row, name) for name in columns) for row in rows]
    return sorted(found, key=str), rows


@pytest.mark.parametrize("seed", range(count(6, 60)))
def test_random_chats_have_the_clocks_of_their_ledger(api, manager, seed):
    draw = random.Random(seed)  # noqa: S311
    areas = [builders.make_area(manager) for _ in range(draw.choice([0, 2, 3]))]
    operators = [builders.make_operator(manager, *areas) for _ in range(2)]
    builders.save_policy(manager, **random_targets(draw))
    for area in areas:
        if draw.random() < 0.5:
            builders.save_policy(manager, area, **random_targets(draw))
    contact = builders.make_contact(manager, area=draw.choice([None, *areas]))
    life = Life(api, manager, contact)
    for _ in range(count(25, 60)):
        step(draw, life, areas, operators)
        if draw.random() < 0.4:
            run_tasks()
    run_tasks()
    # The task may have waited until the rules processed a message.
    Task.objects.update(run_at=timezone.now())
    run_tasks()
    targets = {row.pk: row.targets for row in Schedule.objects.all()}
    assert Chat.objects.exists()
    for chat in Chat.objects.all():
        expected = derived_clocks(chat, targets, has_areas=bool(areas))
        found, rows = stored(chat)
        extra = list(found)
        for one in expected:
            assert one in extra
            extra.remove(one)
        # Clocks voided by a choice of area are void and never met.
        assert all(one[5] is not None and one[4] is None for one in extra)
        for row in rows:
            begun = Schedule.objects.get(pk=row.schedule_id)
            assert row.target == begun.targets[NAMES[row.kind]]
    assert not Task.objects.filter(kind="clock").exists()


def random_targets(draw: random.Random) -> dict[str, int]:
    names = ("slaQueue", "slaFirst", "slaReply", "slaResolution")
    return {name: draw.choice([0, 60, 3600]) for name in names}


def step(draw: random.Random, life: Life, areas: Any, operators: Any) -> None:
    operator = draw.choice(operators)
    if life.chat is None:
        draw.choice([life.writes, life.opened, lambda: life.answered(operator)])()
        return
    holder = life.row.operator
    choices: list[Any] = [
        life.writes,
        life.writes,
        life.bot_writes,
        life.phone_writes,
        lambda: life.answered(holder or operator),
        lambda: life.given(draw.choice([None, *operators])),
        lambda: life.closed(draw.choice(["resolved", "customer", "merged"])),
    ]
    if holder is None:
        choices.append(lambda: life.claimed(operator))
    if areas:
        choices.append(lambda: life.moved(draw.choice(areas)))
    draw.choice(choices)()


@pytest.mark.parametrize("seed", range(4))
def test_a_clock_is_due_after_the_target_in_open_minutes(manager, contact, seed):
    """Random weeks in zones with clock changes, stepped through minute by minute."""
    draw = random.Random(seed)  # noqa: S311
    for _ in range(count(10, 500)):
        chat = builders.make_chat(contact, closed_at=timezone.now())
        check_one(draw, manager, chat)


def check_one(draw: random.Random, manager: Any, chat: Chat) -> None:
    name, around = draw.choice(ZONES)
    week = [random_spans(draw) for _day in range(7)]
    schedule = Schedule.objects.create(
        manager=manager,
        zone=name,
        hours={str(n + 1): as_texts(spans) for n, spans in enumerate(week)},
        targets={"tme": draw.randrange(1, 30_000)},
    )
    begin = datetime.combine(around, time(), UTC)
    stepped = Stepped(ZoneInfo(name), begin - timedelta(days=3), 7)
    for n in range(-4, 6):
        day = around + timedelta(days=n)
        for span in week[day.weekday()]:
            stepped.mark(day, *span)
    at = begin + MINUTE * draw.randrange(-1440, 1440)
    ChatEvent.objects.create(
        manager=manager,
        chat=chat,
        kind="opened",
        cause="operator",
        at=at,
        area=chat.contact.area,
        schedule_id=schedule.pk,
    )
    clocks.store_clocks(chat, at, has_areas=True)
    clock = Clock.objects.get(schedule_id=schedule.pk)
    assert clock.started_at == at
    since = (at - stepped.begin) // MINUTE
    for share, found in ((0.8, clock.risk_at), (1.0, clock.due_at)):
        expected = passes(stepped, since, clock.target * share)
        if expected is not None:
            assert found == expected


def passes(stepped: Stepped, since: int, seconds: float) -> datetime | None:
    """Returns the time at which that many open seconds have passed, if it is near."""
    left = seconds
    for n in range(since, len(stepped.minutes) - 1440):
        if stepped.open[n]:
            if left <= 60:
                return stepped.minutes[n] + timedelta(seconds=left)
            left -= 60
    return None


def as_texts(spans: Any) -> list[list[str]]:
    return [[f"{m // 60:02}:{m % 60:02}" for m in span] for span in spans]
