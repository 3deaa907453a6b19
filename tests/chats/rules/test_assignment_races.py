"""Automatic assignment while customers arrive and operators claim, close and leave."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter

import pytest
from django.db import connection, transaction

from areas.models import OperatorArea
from areas.operators import find_operator
from chats.conversations import assignment as by_hand
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.models import AssignmentRecord, ChatEvent, Task
from chats.rules import tasks
from chats.worker.handlers import HANDLERS
from contacts.models import Contact
from hci_center.background.models import BackgroundFault
from hci_center.errors import RefusedError
from tests import builders
from tests.chats.rules.conftest import connect
from tests.counts import count

CAP = 3
ARRIVING, CLAIMING, LEAVING = count((2, 2, 1), full=(8, 4, 2))
SECONDS = count(3.0, full=30.0)
# Claims and closings may be refused, because of each other or of the rules.
EXPECTED = (RefusedError, Contact.DoesNotExist)


class Centre:
    """An area with operators, and threads that act as customers and operators."""

    def __init__(self, manager, area) -> None:
        self.manager, self.area = manager, area
        self.operators = [builders.make_operator(manager, area) for _ in range(5)]
        for operator in self.operators:
            connect(operator)
        self.ends = threading.Event()
        self.errors: list[BaseException] = []
        # (operator, from, to): when he certainly did not serve the area.
        self.away: list[tuple] = []

    def run(self, acts) -> None:
        threads = [threading.Thread(target=self._repeat, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        self.ends.wait(SECONDS)
        self.ends.set()
        for thread in threads:
            thread.join(60)

    def _repeat(self, act) -> None:
        chance = random.Random(threading.get_ident())  # noqa: S311 - no secret
        try:
            while not self.ends.is_set():
                with contextlib.suppress(EXPECTED):
                    act(chance)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.errors.append(error)
        finally:
            connection.close()

    def arrive(self, chance) -> None:
        with transaction.atomic():
            contact = builders.make_contact(self.manager, area=self.area)
            open_chat(contact, actor=Actor("key:1"))
            tasks.schedule("assign", self.manager.pk, area_id=self.area.pk)
        time.sleep(0.02)

    def claim(self, chance) -> None:
        operator = chance.choice(self.operators)
        waiting = Contact.objects.filter(operator=None, area=self.area).first()
        if waiting is not None:
            scope = find_operator(self.manager.pk, operator.pk)
            by_hand.claim(waiting, scope, actor=Actor("user:1", operator.pk))
        time.sleep(0.01)

    def close(self, chance) -> None:
        held = list(Contact.objects.exclude(operator=None)[:9])
        if held:
            close_chat(chance.choice(held), actor=Actor("user:1"))
        time.sleep(0.005)

    def leave(self, chance) -> None:
        operator = chance.choice(self.operators[:2])
        deleted, _ = OperatorArea.objects.filter(operator=operator).delete()
        if not deleted:
            return
        begins = now()
        time.sleep(0.05)
        ends = now()
        OperatorArea.objects.create(
            operator=operator, area=self.area, manager=self.manager
        )
        self.away.append((operator.pk, begins, ends))

    def work(self, chance) -> None:
        for task in tasks.lease(5):
            tasks.run(task, HANDLERS)
        time.sleep(0.002)


def now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_no_cap_is_exceeded_and_assignments_stay_within_areas(manager, sales):
    builders.save_policy(manager, sales, assign="fewest", cap=CAP)
    centre = Centre(manager, sales)
    centre.run(
        [centre.arrive] * ARRIVING
        + [centre.claim] * CLAIMING
        + [centre.close] * 2
        + [centre.leave] * LEAVING
        + [centre.work] * 3
    )
    assert centre.errors == []
    assert not BackgroundFault.objects.exists()
    lines = list(ChatEvent.objects.order_by("pk"))
    assigned = [line for line in lines if line.kind == "assigned"]
    assert len(assigned) > 5
    assert most_held_when_assigned(lines) < CAP
    for line in assigned:
        for operator, begins, ends in centre.away:
            assert line.operator_id != operator or not begins < line.at < ends
    assert AssignmentRecord.objects.count() == len(assigned)
    assert not Task.objects.exclude(kind="assign").exists()


def most_held_when_assigned(lines) -> int:
    """Replays the ledger; returns the most chats held just before an assignment."""
    holder: dict[int, int] = {}
    held: Counter[int] = Counter()
    most = 0
    for line in lines:
        if line.kind == "assigned":
            most = max(most, held[line.operator_id])
        before = holder.pop(line.chat_id, None)
        if before is not None:
            held[before] -= 1
        if line.operator_id is not None:
            holder[line.chat_id] = line.operator_id
            held[line.operator_id] += 1
    return most
