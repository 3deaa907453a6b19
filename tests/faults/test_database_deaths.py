"""PostgreSQL is killed, and its connections are cut, while callers write by REST."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults.calling import FIRST, PATIENCE, Callers, customers
from tests.faults.centre import Centre
from tests.faults.template_cluster import installed_centre
from tests.feed.processes import wait_until

KILLS = count(1, full=20)
CUTS = count(15, full=400)
CONTACTS = 3
# Acknowledged calls between two faults: the processes recover each time.
BETWEEN = 3 * CONTACTS * 4
READY_WITHIN = 5.0

# The messages of a contact, and its unread count.
STORED = """
SELECT array(SELECT m.content FROM chats_message m
              WHERE m.contact_id = c.id AND m.direction = %s ORDER BY m.id),
       c.sa, c.unread
  FROM contacts_contact c WHERE c.id = %s
"""
LEFT = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
# A random connection of the centre's processes.
CUT = """
SELECT pg_terminate_backend(pid) FROM (
  SELECT pid FROM pg_stat_activity
   WHERE application_name LIKE 'hci %%' AND pid <> pg_backend_pid()
   ORDER BY random() LIMIT %s) AS chosen
"""


@pytest.fixture(scope="module")
def centre(
    tmp_path_factory: Any, cluster: Path, fake: FakeController
) -> Iterator[Centre]:
    with installed_centre(tmp_path_factory, cluster, "deaths") as built:
        built.environment["HCI_CONTROLLER_URL"] = fake.url
        built.start()
        built.revive(["worker", "worker"])
        yield built


def check(centre: Centre, callers: Callers, fake: FakeController) -> None:
    """Asserts that acknowledged messages are stored, ordered, counted and sent once."""
    assert callers.wrong == []
    assert set(callers.statuses) <= {200, 503}
    assert callers.slowest < PATIENCE
    wait_until(lambda: centre.asking.value(LEFT) == 0)
    came, left = defaultdict(list), defaultdict(list)
    for one in fake.delivered:
        left[int(one.to) - FIRST].append(one.text)
    for place, (customer, steps, operator) in enumerate(callers.done):
        expected = [str(n + 1) for n in range(customer)]
        contact = callers.rows["contacts"][place]
        came[place], sa, unread = centre.asking.row(STORED, "in", contact)
        assert came[place] == expected
        assert (sa, unread) == (steps, customer)
        expected = [str(n + 1) for n in range(operator)]
        assert centre.asking.row(STORED, "out", contact)[0] == expected
        assert left[place] == expected
    fake.delivered.clear()


def more(callers: Callers, calls: int) -> None:
    """Waits until that many more calls are acknowledged."""
    enough = callers.acknowledged + calls
    wait_until(lambda: callers.acknowledged >= enough)


@pytest.mark.timeout(300)
def test_acknowledged_writes_survive_each_crash(centre, fake):
    rows = centre.shell(customers(5511400022222, 2222, CONTACTS))
    callers = Callers(centre.web_port, rows)
    callers.start()
    began, slowest = time.monotonic(), 0.0
    for _ in range(KILLS):
        more(callers, BETWEEN)
        centre.kill(["postgres"])
        centre.revive(["postgres"])
        ready = time.monotonic()
        wait_until(lambda since=ready: callers.latest > since)
        slowest = max(slowest, callers.latest - ready)
        assert slowest < READY_WITHIN
    callers.stop()
    check(centre, callers, fake)
    print_figures(
        f"{KILLS} deaths", callers, began, f"writes again within {slowest:.2f} s"
    )


@pytest.mark.timeout(300)
def test_a_terminated_connection_costs_one_repeat(centre, fake):
    chance = random.Random(3)  # noqa: S311 - repeatable
    rows = centre.shell(customers(5511400033333, 3333, CONTACTS))
    callers = Callers(centre.web_port, rows)
    callers.start()
    began, cut = time.monotonic(), 0
    more(callers, BETWEEN)
    with centre.connect() as database:
        database.autocommit = True
        while cut < CUTS:
            # Usually one, sometimes all.
            most = chance.choice((1, 1, 1, 2, 3, 100))
            cut += len(database.execute(CUT, [most]).fetchall())
            more(callers, 2)
    refused = callers.statuses[503]
    assert refused <= cut
    time.sleep(1)
    settled = callers.statuses[503]
    more(callers, BETWEEN)
    assert callers.statuses[503] == settled
    callers.stop()
    check(centre, callers, fake)
    print_figures(f"{cut} connections cut", callers, began, f"{refused} answers of 503")


def print_figures(what: str, callers: Callers, began: float, more: str) -> None:
    """Prints the figures for the report of `bin/faults`."""
    print(  # noqa: T201 - read by people, with pytest's -rP
        f"{what}: {callers.acknowledged} acknowledged, 0 lost, 0 doubled, "
        f"{dict(callers.statuses)}, slowest answer {callers.slowest:.1f} s, {more}; "
        f"{time.monotonic() - began:.0f} s"
    )
