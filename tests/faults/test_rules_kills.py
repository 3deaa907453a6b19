"""kill -9 during tasks of the rules: each is done exactly once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults import deciding
from tests.faults.closing import UNSENT
from tests.faults.delivering import Post, wait_until

KILLS = count(1, full=20)
# Each kill is followed by the start of a process.
pytestmark = pytest.mark.timeout(count(120, full=900))
# Enough that some are left at each kill.
CONTACTS = 20 + 12 * KILLS
OPTIONS = ("--lease", "2", "--hurry", "20")


def run(post: Post, statement: str, **values: Any) -> None:
    with post.connect() as database:
        database.execute(statement, values or None)


def kill_during(post: Post, done: str) -> None:
    """Kills the worker repeatedly during its work; `done` counts what is done."""
    run(post, deciding.SLOW)
    post.start_worker(*OPTIONS)
    for _ in range(KILLS):
        before = int(post.asked(done))
        # Others are in progress then: each takes a while.
        wait_until(lambda before=before: int(post.asked(done)) > before, 60)
        post.kill_worker()
        # So that the leases of interrupted tasks need not expire.
        run(post, "UPDATE chats_task SET lease_until = NULL")
        post.start_worker(*OPTIONS)
    run(post, deciding.NO_LONGER_SLOW)
    wait_until(lambda: post.asked("SELECT count(*) FROM chats_task") == 0, 90)
    wait_until(lambda: post.asked(UNSENT) == 0, 90)


def events(kind: str) -> str:
    return f"SELECT count(*) FROM chats_chatevent WHERE kind = '{kind}'"  # noqa: S608


def delivered(controller: FakeController) -> Counter[str]:
    """Returns how often each text was delivered; asserts that nobody got one twice."""
    assert set(Counter(one.uuid for one in controller.delivered).values()) <= {1}
    return Counter(one.text for one in controller.delivered)


def test_a_worker_is_killed_while_it_greets_and_processes_answers(post, controller):
    deciding.provision(post, menu=deciding.MENU)
    run(post, deciding.WRITE, contacts=CONTACTS)
    kill_during(post, events("bot_step"))
    assert post.asked(deciding.LEDGER) == ["opened bot_step"]
    assert delivered(controller) == {deciding.QUESTION: CONTACTS}

    post.kill_worker()
    run(post, deciding.ANSWER)
    kill_during(post, events("bot_ended"))
    assert post.asked(deciding.LEDGER) == ["opened bot_step entered_area bot_ended"]
    assert post.asked(deciding.TOLD) == [f"{deciding.QUESTION}|{deciding.GOODBYE}"]
    assert delivered(controller)[deciding.GOODBYE] == CONTACTS
    assert post.asked("SELECT count(*) FROM chats_menustate") == 0


def test_a_worker_is_killed_while_it_assigns(post):
    # All but four of the customers can be assigned.
    cap = CONTACTS // deciding.OPERATORS - 1
    policy = {"assign": "fewest", "cap": cap}
    deciding.provision(post, policy={"entryArea": "vendas", **policy})
    run(post, deciding.HIRE, operators=deciding.OPERATORS, cap=None)
    run(post, deciding.WRITE, contacts=CONTACTS)
    kill_during(post, events("assigned"))
    assert post.asked(deciding.HELD) == [cap] * deciding.OPERATORS
    ledger = ["opened entered_area", "opened entered_area assigned"]
    assert post.asked(deciding.LEDGER) == ledger
    assert post.asked(events("assigned")) == cap * deciding.OPERATORS
    assert post.asked("SELECT count(*) FROM chats_assignment") == cap * 4


def test_a_worker_is_killed_while_it_starts_clocks(post):
    policy = {"entryArea": "vendas", **deciding.TARGETS}
    deciding.provision(post, policy=policy)
    run(post, deciding.WRITE, contacts=CONTACTS)
    kill_during(post, "SELECT count(DISTINCT chat_id) FROM chats_clock")
    assert post.asked(deciding.CLOCKS) == ["first queue resolution"]
    assert post.asked(deciding.LEDGER) == ["opened entered_area"]
