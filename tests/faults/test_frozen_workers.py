"""A worker freezes for longer than its leases and continues: nothing is done twice."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter, defaultdict
from typing import Any

import pytest

from hci_center.demo.gateways import faults
from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults import deciding
from tests.faults.closing import UNSENT
from tests.faults.delivering import wait_until

FREEZES = count(1, full=20)
# Enough that some are left at each freeze.
CONTACTS, EACH = 10 * FREEZES, 5
CUSTOMERS = 20 + 30 * FREEZES
LEASE = 1.0
OPTIONS = ("--lease", str(LEASE), "--hurry", "20", "--doubt", "1", "--each", "2")
LEFT = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
STATUSES = "SELECT array_agg(DISTINCT status) FROM chats_message"
# Those that are not locked by a worker frozen in its transaction.
END_LEASES = """
UPDATE chats_task SET lease_until = NULL WHERE id IN (
  SELECT id FROM chats_task WHERE lease_until IS NOT NULL FOR UPDATE SKIP LOCKED)
"""
pytestmark = pytest.mark.timeout(count(240, full=900))


def signal_to(worker: Any, number: signal.Signals) -> None:
    os.kill(worker.pid, number)


def in_order(controller: FakeController) -> None:
    """Returns whether each contact got all of its messages once, in order."""
    said = defaultdict(list)
    for one in controller.delivered:
        said[one.to].append(int(one.text))
    expected = list(range(1, EACH + 1))
    assert len(said) == CONTACTS
    assert {to: texts for to, texts in said.items() if texts != expected} == {}


def test_its_messages_are_sent_once_by_another_worker(post, controller):
    post.fill(contacts=CONTACTS, each=EACH, number=deciding.NUMBER, port=8080)
    late: list[faults.Fault] = []

    def none_left() -> bool:
        return not late

    controller.fault_for = lambda _: late.pop() if late else faults.delay(0.3)
    post.start_worker(*OPTIONS)
    post.start_worker(*OPTIONS)
    for freeze in range(FREEZES):
        # Frozen during a request, whose response arrives after the lease expired.
        late += [faults.cut_after(), faults.hang(2 * LEASE), faults.delay(2 * LEASE)]
        wait_until(none_left, 30)
        frozen = post.workers[freeze % 2]
        signal_to(frozen, signal.SIGSTOP)
        time.sleep(2 * LEASE)
        signal_to(frozen, signal.SIGCONT)
    # The other messages are sent without delay.
    controller.fault_for = None
    wait_until(lambda: post.asked(LEFT) == 0, 60)
    in_order(controller)
    assert set(Counter(one.uuid for one in controller.delivered).values()) == {1}
    assert post.asked(STATUSES) == ["sent"]


def test_a_send_with_unknown_result_is_looked_up_first(post, controller):
    """A gateway that does not know repeats would send the message again."""
    controller.idempotent = False
    post.fill(contacts=1, each=1, number=deciding.NUMBER, port=8080)
    controller.faults.append(faults.delay(3 * LEASE))
    post.start_worker(*OPTIONS)
    wait_until(lambda: len(controller.delivered) == 1, 30)
    signal_to(post.workers[0], signal.SIGSTOP)
    post.start_worker(*OPTIONS)
    wait_until(lambda: post.asked(LEFT) == 0, 30)
    signal_to(post.workers[0], signal.SIGCONT)
    # Its result changes nothing any more: the worker stops after writing it.
    signal_to(post.workers[0], signal.SIGTERM)
    assert post.workers[0].wait(20) == 0
    assert len(controller.delivered) == 1
    # The controller knows the result.
    assert post.asked(STATUSES) == ["sent"]


def test_its_tasks_of_the_rules_are_done_once(post, controller):
    deciding.provision(post, menu=deciding.MENU)
    with post.connect() as database:
        database.execute(deciding.WRITE, {"contacts": CUSTOMERS})
        database.execute(deciding.SLOW)
    post.start_worker(*OPTIONS)
    post.start_worker(*OPTIONS)
    steps = "SELECT count(*) FROM chats_chatevent WHERE kind = 'bot_step'"
    for freeze in range(FREEZES):
        before = post.asked(steps)
        wait_until(lambda before=before: post.asked(steps) > before, 30)
        frozen = post.workers[freeze % 2]
        signal_to(frozen, signal.SIGSTOP)
        before = post.asked(steps)
        with post.connect() as database:
            database.execute(END_LEASES)
        # The other worker takes its leased tasks.
        wait_until(lambda before=before: post.asked(steps) > before + 2, 30)
        signal_to(frozen, signal.SIGCONT)
    with post.connect() as database:
        database.execute(deciding.NO_LONGER_SLOW)
    wait_until(lambda: post.asked("SELECT count(*) FROM chats_task") == 0, 60)
    wait_until(lambda: post.asked(UNSENT) == 0, 60)
    assert post.asked(deciding.LEDGER) == ["opened bot_step"]
    assert post.asked(deciding.TOLD) == [deciding.QUESTION]
    texts = Counter((one.to, one.text) for one in controller.delivered)
    assert set(texts.values()) == {1}
    assert len(texts) == CUSTOMERS
