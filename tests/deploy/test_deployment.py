"""A proxy, PostgreSQL 15, Redis and PgBouncer with TLS, and two of each process."""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from websockets.sync.client import connect

from tests.contract.calls import CALLS
from tests.deploy.deployed import Deployed
from tests.deploy.proxies import Proxy
from tests.deploy.stack import EACH, Stack
from tests.faults import feeding
from tests.faults.feeding import Client, Verdict, Writers, judge, kill_and_judge

# The first test also starts everything.
pytestmark = pytest.mark.timeout(600)

ORDER = ("relay", "deliver", "feed", "web")
DEATHS = [
    (1.0, ["relay"]),
    (2.0, ["redis"]),
    (3.5, ["web"]),
    (5.0, ["feed"]),
    (6.5, ["pooler"]),
    (8.0, ["postgres"]),
    (12.0, ["relay", "web", "feed", "deliver"]),
]
WRITES_FOR = 16.0
LONGEST = 240.0
CALLERS = 4
SOCKETS = 50


@pytest.fixture(scope="module")
def deployed(stack: Stack, proxy: Proxy) -> Iterator[Deployed]:
    with pytest.MonkeyPatch.context() as patch:
        # For clients without the certificate authority.
        patch.setenv("SSL_CERT_FILE", stack.servers.ca)
        seen = Deployed(stack)
        yield seen
        seen.close()
    empty = "from tests.deploy.contract_run import empty_centre; empty_centre()"
    stack.manage("shell", "-v0", "-c", empty)


def say(text: str, **figures: Any) -> None:
    print(text, json.dumps(figures))  # noqa: T201 - the figures of docs/deploy.md


def test_network_connections_are_encrypted_and_need_a_password(stack):
    servers = stack.servers
    with servers.connect() as database:
        plain = database.execute(
            "SELECT count(*) FILTER (WHERE NOT ssl), count(*) FROM pg_stat_ssl"
            " JOIN pg_stat_activity USING (pid) WHERE usename = 'hci'"
        ).fetchone()
        version = database.info.server_version
    assert plain[0] == 0
    assert version // 10_000 == 15
    for url in (servers.database_url, servers.pooler_url):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.replace("senha-", "outra-"))
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url.partition("?")[0] + "?sslmode=disable")
    say("PostgreSQL", version=version, connections=plain[1])


def test_a_ticket_opens_the_socket(stack, deployed):
    key = {"Authorization": f"Api-Key {deployed.rows['key']}"}
    status, answer = stack.ask("POST", "/api/socket", {}, key)
    assert status == 200, answer
    way = answer["data"]
    assert way["url"] == deployed.feed_url
    with connect(way["url"], ssl=stack.context()) as socket:
        socket.send(
            json.dumps({"t": "hi", "ticket": way["ticket"], "e": None, "c": None})
        )
        assert json.loads(socket.recv(timeout=20))["t"] == "hb"


@pytest.mark.timeout(300)
def test_nothing_is_lost_when_parts_are_killed(deployed, proxy, monkeypatch):
    deployed.answered, deployed.failed = 0, []
    monkeypatch.setattr(feeding, "SOCKETS", SOCKETS)
    verdict = asyncio.run(kill_and_judge(deployed, "kills", DEATHS, WRITES_FOR))
    say(
        f"kills behind {proxy.name}",
        killed=[name for _at, names in DEATHS for name in names],
        sockets=SOCKETS,
        **vars(verdict),
        calls=deployed.answered,
        calls_failed=len(deployed.failed),
    )
    assert verdict.written > 100
    assert verdict == Verdict(verdict.written)


@pytest.mark.timeout(300)
def test_a_rolling_restart_fails_no_call_and_loses_no_event(deployed, proxy):
    deployed.answered, deployed.failed = 0, []
    verdict, stopped, slowest = asyncio.run(_restart_under_load(deployed))
    say(
        f"rolling restart behind {proxy.name}",
        restarted=EACH * len(ORDER),
        slowest_stop_s=round(max(stopped), 1),
        sockets=SOCKETS,
        calls=deployed.answered,
        calls_failed=len(deployed.failed),
        slowest_call_s=round(slowest, 2),
        **vars(verdict),
    )
    assert deployed.failed == []
    assert deployed.answered > 200
    assert verdict == Verdict(verdict.written)


@pytest.mark.timeout(300)
def test_every_documented_call_succeeds(stack, proxy):
    script = (
        "from tests.deploy.contract_run import run;"
        f" run({stack.url!r}, {stack.servers.ca!r})"
    )
    answers = stack.shell(script)
    assert len(answers) == len(CALLS)
    assert [(name, each) for name, each in answers.items() if each[0] != 200] == []
    assert all(is_success for _status, is_success, _ms in answers.values())
    taken = [ms for _status, _success, ms in answers.values()]
    median = statistics.median(taken)
    say(f"contract behind {proxy.name}", calls=len(taken), failed=0, median_ms=median)


async def _restart_under_load(deployed: Deployed) -> tuple[Verdict, list[float], float]:
    clients = [Client(deployed) for _ in range(SOCKETS)]
    listening = await feeding.listen(clients)
    writers = Writers(deployed, "rolling", LONGEST)
    readers = [Reader(deployed, writers) for _ in range(CALLERS)]
    for thread in (*writers.threads, *readers):
        thread.start()
    stopped = []
    for name in ORDER:
        for place in range(EACH):
            stack = deployed.stack
            stopped.append(await asyncio.to_thread(stack.replace, name, place))
    writers.until = time.monotonic()
    while any(thread.is_alive() for thread in (*writers.threads, *readers)):
        await asyncio.sleep(0.05)
    await feeding.end(deployed, "rolling", clients, listening)
    slowest = max(reader.slowest for reader in readers)
    return judge(clients, writers.acknowledged, writers.counted), stopped, slowest


class Reader(threading.Thread):
    """Reads the manager over and over on one connection until the writers are done."""

    def __init__(self, deployed: Deployed, writers: Writers) -> None:
        super().__init__()
        self.deployed, self.writers = deployed, writers
        self.slowest = 0.0

    def run(self) -> None:
        deployed = self.deployed
        client = deployed.stack.connect()
        key = {"Authorization": f"Api-Key {deployed.rows['key']}"}
        while any(thread.is_alive() for thread in self.writers.threads):
            began = time.monotonic()
            try:
                status, _ = deployed.stack.ask("GET", "/api/user/", None, key, client)
            except (OSError, ValueError, http.client.HTTPException) as error:
                deployed.failed.append(repr(error))
                client.close()
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            if status != 200:
                deployed.failed.append(f"read: {status}")
            deployed.answered += 1
            time.sleep(0.02)
        client.close()
