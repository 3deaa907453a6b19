"""A caller only gets additional kinds that he requested, of contacts that he may see.

Checked by `hci_center.visibility` for each contact as it was when the changes were
numbered; live events and those read from the table must agree with it.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chats.models import Chat, Note, ScheduledMessage, Survey
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.feed.frames import ADDITIONAL_KINDS, COLUMNS, Change
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.sockets.replay_store import ReplayStore
from hci_center.visibility import sees
from tests import builders
from tests.feed.stamped import empty_log

ROUNDS = 25
Place = tuple[int, int | None, int | None]


class Changes:
    """Random changes of a few contacts, numbered round by round."""

    def __init__(self, chance: random.Random, managers: list[Any]) -> None:
        self.chance, self.managers = chance, managers
        self.contacts = [
            builders.make_contact(manager) for manager in managers for _ in range(3)
        ]
        for contact in self.contacts:
            builders.make_chat(contact)

    def round(self) -> list[Change]:
        for contact in self.chance.sample(self.contacts, 3):
            manager = contact.manager
            areas, people = list(manager.areas.all()), list(manager.operators.all())
            for act in self.chance.sample(range(5), 2):
                if act == 0:
                    Contact.objects.filter(pk=contact.pk).update(
                        area=self.chance.choice([None, *areas]),
                        operator=self.chance.choice([None, None, *people]),
                        waiting_since=self.chance.choice([None, timezone.now()]),
                    )
                elif act == 1:
                    self.note(contact, people)
                elif act == 2:
                    ScheduledMessage.objects.create(
                        manager=manager,
                        contact=contact,
                        operator=self.chance.choice(people),
                        text="Olá",
                        send_at=timezone.now(),
                    )
                elif act == 3:
                    self.survey(contact)
                else:
                    gone = self.chance.choice([None, None, timezone.now()])
                    Contact.objects.filter(pk=contact.pk).update(deleted_at=gone)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {COLUMNS} FROM change_stamp(1000)")  # noqa: S608
            return [Change(*row) for row in cursor.fetchall()]

    def note(self, contact: Contact, people: list[Any]) -> None:
        mentions = [person.pk for person in self.chance.sample(people, 1)]
        chat = Chat.objects.get(contact=contact)
        Note.objects.create(chat=chat, text="x", mentions=mentions)

    def survey(self, contact: Contact) -> None:
        chat = Chat.objects.get(contact=contact)
        Survey.objects.update_or_create(
            chat=chat,
            defaults={
                "contact": contact,
                "state": "void",
                "asked_at": timezone.now(),
            },
        )

    def places(self) -> dict[Any, Place]:
        """Returns manager, area and operator of each contact that is not deleted."""
        return {
            contact.public_id: (
                contact.manager_id,
                contact.area_id,
                contact.operator_id,
            )
            for contact in Contact.objects.filter(deleted_at=None)
        }


def callers_of(managers: list[Any]) -> list[Caller]:
    some = frozenset({managers[0].pk})
    callers = [
        Caller("key", "key:1", some),
        Caller("supervisor", "user:900001", some),
        Caller("administrator", "user:900002", None),
    ]
    for manager in managers:
        for person in manager.operators.all():
            areas = frozenset(person.areas.values_list("pk", flat=True))
            reached = frozenset({manager.pk})
            credential = f"user:{person.user_id}"
            callers.append(Caller("operator", credential, reached, person.pk, areas))
    return callers


class TableOfThisTransaction:
    """Reads for the replay store the events numbered in the test's transaction."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    async def rows(self, query: str, values: Any) -> list[Any]:
        self._cursor.execute(query, values)
        rows: list[Any] = self._cursor.fetchall()
        return rows


def replayed(audience: Audience, after: int, upto: int) -> list[Any]:
    # Opened here, because a coroutine would get another connection.
    with connection.cursor() as cursor:
        table: Any = TableOfThisTransaction(cursor.cursor)
        page = asyncio.run(ReplayStore(table).page(audience, after, upto))
    assert page is not None
    return page[0]


@pytest.mark.parametrize("seed", range(3))
def test_only_callers_who_see_a_contact_get_its_events(db: None, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    managers = [builders.make_manager() for _ in range(2)]
    for manager in managers:
        areas = [builders.make_area(manager) for _ in range(2)]
        for served in ([], areas[:1], areas):
            builders.make_operator(manager, *served)
    callers = callers_of(managers)
    changes = Changes(chance, managers)
    empty_log()
    seen_lines: dict[Any, Place] = {}
    checked = 0
    for _ in range(ROUNDS):
        before, part = dict(seen_lines), changes.round()
        places = changes.places()
        numbered = {c.seq: c for c in part}
        for change in part:
            if change.kind == "line" and change.ev:
                event = json.loads(change.ev)
                seen_lines.pop(event["id"], None)
                if event["op"] != "D":
                    seen_lines[event["id"]] = places[event["id"]]
        for caller in callers:
            also = frozenset(chance.sample(sorted(ADDITIONAL_KINDS), 3))
            audience = Audience(caller, "", also)
            events = audience.events_for(part)
            if part:
                first, last = part[0].seq - 1, part[-1].seq
                assert events == replayed(audience, first, last)
            got = {seq: json.loads(text) for seq, text in events}
            for seq, change in numbered.items():
                if change.kind not in ADDITIONAL_KINDS or change.ev is None:
                    continue
                event = got.get(seq)
                if change.kind not in also:
                    assert event is None
                    continue
                judge(caller, change, event, before, places)
                checked += event is not None
    assert checked > 100


def judge(
    caller: Caller,
    change: Change,
    event: Any,
    before: dict[Any, Place],
    places: dict[Any, Place],
) -> None:
    """Asserts that the caller gets this form of the event, by the rule of visibility."""
    whole = json.loads(change.ev or "")
    if change.kind != "line":
        sees_it = sees(caller, *places[whole["row"]["contactId"]])
        assert (event is not None) == sees_it
        if event is not None and change.kind == "note":
            is_mentioned = str(caller.operator) in whole["row"]["mentions"]
            assert event["row"].get("forMe", False) == is_mentioned
        return
    contact = whole["id"]
    saw = contact in before and sees(caller, *before[contact])
    sees_now = contact in places and sees(caller, *places[contact])
    if whole["op"] == "D":
        assert (event is not None) == saw
    elif sees_now:
        assert event["row"] == whole["row"]
        assert event["was"] == (whole["was"] if saw else None)
    elif saw:
        assert event["op"] == "X"
        assert (event["was"], "row" in event) == (whole["was"], False)
    else:
        assert event is None
