"""How fast one worker empties the queue, beside a bare loop doing the same work.

    DATABASE_URL=postgres://… .venv/bin/python bench/delivery/run.py [--messages N]

Needs an empty database that it may fill. Prints messages per second of both, their
ratio, and the delay from a commit to the gateway with a worker at rest.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import requests

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

from tests.faults.delivering import FILL, MANAGE, wait_until  # noqa: E402

GOAL = 0.7


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
        self.database.execute("TRUNCATE managers_manager CASCADE")
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
        """By the gateway's clock, from the first to the last."""
        seen = sorted(requests.get(f"{self.url}/seen", timeout=10).json().values())
        return (len(seen) - 1) / (seen[-1] - seen[0])

    def delays(self, count: int) -> list[float]:
        """From just before the commit to the gateway, one every 1.5 s: at rest."""
        self.fill(count, 1)
        rows = self.database.execute("SELECT message_id FROM chats_delivery").fetchall()
        self.database.execute("UPDATE chats_delivery SET done_at = now()")
        worker = self.worker()
        found = []
        try:
            time.sleep(6)
            for (message,) in rows:
                time.sleep(1.5)
                begun = time.monotonic()
                uuid = self._queue(message)
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
        delays = bench.delays(options.delays)
        last = delays[min(len(delays) - 1, int(len(delays) * 0.99))]
        print(f"commit to gateway at rest: p50 {statistics.median(delays):.1f} ms,")
        print(f"  p99 {last:.1f} ms, of {len(delays)}")
    finally:
        bench.gateway.kill()


if __name__ == "__main__":
    main()
