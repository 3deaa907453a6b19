"""Measures how fast one worker empties the queue, compared with a minimal loop.

    DATABASE_URL=postgres://… .venv/bin/python bench/delivery/run.py [--messages N]

Needs an empty database that it may fill. Prints messages per second of both, their
ratio, and the delay of a message while the worker is idle: from its commit, and from
the operator's call, to the gateway.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

from tests.faults.delivering import FILL, MANAGE, wait_until  # noqa: E402
from tests.ports import free_port  # noqa: E402

GOAL = 0.7
# In milliseconds, with an idle worker: from the commit to the gateway (including the
# send), and from an operator's call to the first attempt.
WAKES, ATTEMPTS = 50, 100


class Bench:
    def __init__(self, messages: int) -> None:
        from django.conf import settings

        database = settings.DATABASE
        self.dsn = psycopg.conninfo.make_conninfo(
            dbname=database["NAME"],
            user=database["USER"] or None,
            password=database["PASSWORD"] or None,
            host=database["HOST"] or None,
            port=database["PORT"] or None,
        )
        self.messages = messages
        self.database = psycopg.connect(self.dsn, autocommit=True)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.gateway = subprocess.Popen(
            [sys.executable, HERE / "gateway.py", str(port)]
        )
        self.environment = {**os.environ, "HCI_CONTROLLER_URL": self.url}
        wait_until(self._is_up, 10)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=1).ok
        except requests.ConnectionError:
            return False

    def fill(self, contacts: int, each: int) -> None:
        self.database.execute("SET hci.truncating = 'on'")
        self.database.execute(
            "TRUNCATE managers_manager, managers_apikey, auth_user CASCADE"
        )
        values = {"contacts": contacts, "each": each, "number": 5511, "port": 8080}
        self.database.execute(FILL, values)
        self.database.execute("ANALYZE")

    def waiting(self) -> int:
        row = self.database.execute(
            "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
        ).fetchone()
        return int(row[0]) if row else 0

    def worker(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*MANAGE, "deliver_messages", "--each", "64"],
            env=self.environment,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )

    def drained_by_worker(self) -> float:
        self.fill(self.messages // 10, 10)
        requests.get(f"{self.url}/seen", timeout=10)
        worker = self.worker()
        try:
            wait_until(lambda: self.waiting() == 0, 300)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait()
        return self._rate()

    def drained_bare(self) -> float:
        self.fill(self.messages // 10, 10)
        requests.get(f"{self.url}/seen", timeout=10)
        subprocess.run(
            [sys.executable, HERE / "bare.py", self.url, self.dsn], check=True
        )
        return self._rate()

    def _rate(self) -> float:
        """Returns messages per second by the gateway's clock."""
        seen = sorted(requests.get(f"{self.url}/seen", timeout=10).json().values())
        return (len(seen) - 1) / (seen[-1] - seen[0])

    def delays(self, count: int) -> list[float]:
        """Returns delays from before the commit to the gateway, one every 1.5 s."""
        self.fill(count, 1)
        rows = self.database.execute("SELECT message_id FROM chats_delivery").fetchall()
        self.database.execute("UPDATE chats_delivery SET done_at = now()")
        return self._measured([partial(self._queue, message) for (message,) in rows])

    def delays_of_calls(self, count: int) -> list[float]:
        """Returns delays from just before an operator's call over HTTP."""
        self.fill(0, 0)
        port = free_port()
        web = subprocess.Popen(
            [sys.executable, "-m", "hci_center.webserver.server"],
            env={**self.environment, "HCI_PORT": str(port)},
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        try:
            call = Call(f"http://127.0.0.1:{port}")
            wait_until(call.is_up, 30)
            call.send()
            return self._measured([call.send] * count)
        finally:
            web.terminate()
            web.wait()

    def _measured(self, sends: list[Callable[[], str]]) -> list[float]:
        worker = self.worker()
        found = []
        try:
            time.sleep(6)
            for send in sends:
                time.sleep(1.5)
                begun = time.monotonic()
                uuid = send()
                wait_until(lambda: self.waiting() == 0, 10)
                seen: dict[str, Any] = requests.get(
                    f"{self.url}/seen", timeout=10
                ).json()
                found.append((seen[uuid] - begun) * 1000)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait()
        return sorted(found)

    def _queue(self, message: int) -> str:
        with self.database.transaction():
            self.database.execute(
                "DELETE FROM chats_delivery WHERE message_id = %s", [message]
            )
            row = self.database.execute(
                "INSERT INTO chats_delivery (message_id, manager_id, contact_id, channel,"
                " token, attempts, failures, fence, in_flight)"
                " SELECT id, manager_id, contact_id, 'whatsapp', '', 0, 0, 0, false"
                " FROM chats_message WHERE id = %s"
                " RETURNING (SELECT uuid::text FROM chats_message WHERE id = %s)",
                [message, message],
            ).fetchone()
        return str(row[0]) if row else ""


class Call:
    """An operator who writes to her customer, over one connection."""

    def __init__(self, url: str) -> None:
        import django

        django.setup()
        from managers.models import Manager
        from tests import builders

        manager = Manager.objects.get()
        operator = builders.make_operator(manager, builders.make_area(manager))
        customer = builders.make_contact(manager, operator=operator)
        self.url = url
        self.session = requests.Session()
        self.session.headers["X-Api-Key"] = builders.make_key(manager)
        self.body = {
            "operatorId": str(operator.pk),
            "contactNumber": int(customer.external_id),
            "content2": "Bom dia!",
        }

    def is_up(self) -> bool:
        try:
            return self.session.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def send(self) -> str:
        """Sends a message and returns its id."""
        path = "/api/chat/message/send/operator/8080"
        answer = self.session.post(self.url + path, json=self.body, timeout=10)
        assert answer.ok, answer.text
        return str(answer.json()["data"]["id"])


def tell(what: str, delays: list[float], goal: int) -> None:
    last = delays[min(len(delays) - 1, int(len(delays) * 0.99))]
    met = "met" if last <= goal else "not met"
    print(
        f"{what} to gateway at rest: p50 {statistics.median(delays):.1f} ms,"
        f" p99 {last:.1f} ms, of {len(delays)} (goal {goal} ms: {met})"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--delays", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    bench = Bench(options.messages)
    try:
        subprocess.run([*MANAGE, "migrate", "-v0"], cwd=ROOT, check=True)
        pairs = [
            (bench.drained_bare(), bench.drained_by_worker())
            for _ in range(options.rounds)
        ]
        bare = statistics.median(rate for rate, _ in pairs)
        ours = statistics.median(rate for _, rate in pairs)
        print(f"bare loop  {bare:8.0f} messages/s")
        print(f"one worker {ours:8.0f} messages/s")
        met = "met" if ours / bare >= GOAL else "not met"
        print(f"ratio      {ours / bare:8.2f}  (goal {GOAL}: {met})")
        tell("commit", bench.delays(options.delays), WAKES)
        tell("call  ", bench.delays_of_calls(options.delays), ATTEMPTS)
    finally:
        bench.gateway.kill()


if __name__ == "__main__":
    main()
