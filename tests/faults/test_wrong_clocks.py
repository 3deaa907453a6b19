"""Processes whose clocks are an hour ahead or behind: the database's time counts."""

from __future__ import annotations

import http.client
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults import deciding
from tests.faults.centre import Centre
from tests.faults.delivering import FILL, wait_until
from tests.faults.template_cluster import installed_centre
from tests.feed.client import Socket

# Debian's package libfaketime.
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
pytestmark = [
    pytest.mark.skipif(LIBRARY is None, reason="it needs libfaketime"),
    pytest.mark.timeout(240),
]
CONTACTS, EACH = count((5, 3), full=(100, 10))
TIMEOUT = 90
PATIENCE = 120
LATER = count(3, full=20)
PEOPLE = """
import json
from django.test import Client
from tests import builders
manager = builders.make_manager(number=5511400055555, controller_port=5555,
                                facebook_id=None)
area = builders.make_area(manager, "vendas")
ana = builders.make_operator(manager, area, name="clock")
contact = builders.make_contact(manager, external_id="551130000001", area=area,
                                operator=ana, protocol="clock")
builders.make_chat(contact)
client = Client()
client.force_login(ana.user)
print(json.dumps({"key": builders.make_key(manager, name="clock"), "ana": str(ana.pk),
                  "contact": contact.pk, "session": client.cookies["sessionid"].value}))
"""
DELIVERIES = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"


def clock(hours: int) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": f"{hours:+d}h",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture(scope="module")
def centre(
    tmp_path_factory: Any, cluster: Path, fake: FakeController
) -> Iterator[Centre]:
    """Its web and one worker are an hour ahead, its feed and the other worker behind."""
    with installed_centre(tmp_path_factory, cluster, "clocks") as built:
        built.environment["HCI_CONTROLLER_URL"] = fake.url
        built.more = {"web": clock(+1), "feed": clock(-1), "worker": clock(+1)}
        built.start()
        built.revive(["worker"])
        built.more["worker"] = clock(-1)
        built.revive(["worker"])
        built.rows |= built.shell(PEOPLE)
        yield built


def ask(centre: Centre, method: str, path: str, body: Any, **headers: str) -> Any:
    client = http.client.HTTPConnection("127.0.0.1", centre.web_port, timeout=20)
    headers = headers or {"Authorization": f"Api-Key {centre.rows['key']}"}
    try:
        json_type = {"Content-Type": "application/json"}
        client.request(method, path, json.dumps(body), headers | json_type)
        answer = client.getresponse()
        told = json.loads(answer.read())
        assert answer.status == 200, told
        return told["data"]
    finally:
        client.close()


def test_a_ticket_and_a_session_are_valid_for_processes_with_other_clocks(centre):
    data = ask(centre, "POST", "/api/socket", {})
    [opened, again] = [Socket(centre.feed_url), Socket(centre.feed_url)]
    assert opened.hi(data["ticket"]).next()["t"] == "hb"
    assert again.hi(data["ticket"]).closed() == 4001
    opened.close()
    cookie = {"Cookie": f"sessionid={centre.rows['session']}; csrftoken={'a' * 32}"}
    more = {"X-CSRFToken": "a" * 32}
    body = {"operatorId": centre.rows["ana"], "contactId": 551130000001}
    assert isinstance(
        ask(centre, "POST", "/api/chat/message", body, **cookie, **more), list | dict
    )


def test_queued_messages_are_sent_once_and_in_order(centre, fake):
    values = {"contacts": CONTACTS, "each": EACH, "number": 5511400066666}
    with centre.connect() as database:
        database.execute(FILL, values | {"port": 6666})
    wait_until(lambda: centre.asking.value(DELIVERIES) == 0, PATIENCE)
    said = defaultdict(list)
    for one in fake.delivered:
        if one.text.isdigit():
            said[one.to].append(int(one.text))
    assert set(map(tuple, said.values())) == {tuple(range(1, EACH + 1))}
    assert len(said) == CONTACTS


def test_scheduled_messages_are_sent_by_the_database_clock(centre, fake):
    now = datetime.now(UTC)
    body = {"operatorId": centre.rows["ana"], "contactId": 551130000001}
    for n in range(LATER):
        at = (now + timedelta(minutes=30 + n)).isoformat()
        more = {"content2": f"later {n}", "sendAt": at}
        ask(centre, "POST", "/api/chat/schedule", body | more)
    states = "SELECT array_agg(state ORDER BY id) FROM chats_scheduled"
    # They are due one after another, and whichever worker is first takes one.
    for n in range(LATER - 1):
        with centre.connect() as database:
            due = "UPDATE chats_scheduled SET send_at = now() WHERE text = %s"
            database.execute(due, [f"later {n}"])
            database.execute("UPDATE chats_task SET run_at = now()")
        expected = ["sent"] * (n + 1) + ["waiting"] * (LATER - n - 1)
        wait_until(lambda so=expected: centre.asking.value(states) == so, PATIENCE)
    wait_until(lambda: centre.asking.value(DELIVERIES) == 0, PATIENCE)
    texts = Counter(one.text for one in fake.delivered)
    assert [texts[f"later {n}"] for n in range(LATER)] == [1] * (LATER - 1) + [0]


def test_a_menu_times_out_by_the_database_clock(centre, fake):
    menu = {**deciding.MENU, "timeout": TIMEOUT}
    with centre.connect() as database:
        database.execute("DELETE FROM chats_task")
        before = database.execute("SELECT max(id) FROM managers_manager").fetchone()
    deciding.provision(centre, menu=menu, number=5511400077777, controllerPort=7777)
    write = deciding.WRITE.replace(
        "FROM managers_manager m, generate",
        f"FROM (SELECT * FROM managers_manager WHERE id > {before[0]}) m, generate",  # noqa: S608 - an id
    )
    with centre.connect() as database:
        database.execute(write, {"contacts": CONTACTS})
    timers = "SELECT count(*) FROM chats_task WHERE kind = 'menu'"
    wait_until(lambda: centre.asking.value(timers) == CONTACTS, PATIENCE)
    waits = """
    SELECT bool_and(run_at - now() BETWEEN interval '1 minute' AND %s)
      FROM chats_task WHERE kind = 'menu'
    """
    assert centre.asking.value(waits, timedelta(seconds=TIMEOUT)) is True
    # After the timeout each customer gets the text once, from either worker.
    with centre.connect() as database:
        database.execute(
            "UPDATE chats_menustate SET asked_at = asked_at - %s",
            [timedelta(seconds=TIMEOUT)],
        )
        database.execute("UPDATE chats_task SET run_at = now()")
    told = "SELECT count(*) FROM chats_menustate WHERE reminded"
    wait_until(lambda: centre.asking.value(told) == CONTACTS, PATIENCE)
    wait_until(lambda: centre.asking.value(DELIVERIES) == 0, PATIENCE)
    texts = Counter((one.to, one.text) for one in fake.delivered)
    assert set(texts.values()) == {1}
