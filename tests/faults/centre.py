"""A complete centre for the tests that kill parts of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg
from django.conf import settings

from hci_center.local import paths
from hci_center.local.postgres import Postgres
from hci_center.local.server_dirs import ServerDirs, open_server_dirs
from hci_center.local.supervisor import Process
from hci_center.local.valkey import valkey
from tests.faults.asking import Asking
from tests.feed.processes import wait_until
from tests.ports import free_port

ROOT = Path(settings.BASE_DIR)
# If the database is given, no secrets are generated.
SECRETS = {
    "HCI_SECRET_KEY": settings.SECRET_KEY,
    "HCI_TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
}
# Five processes start at a time, perhaps on a machine with other work.
STARTED_WITHIN = 120.0
FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "60"}

PEOPLE = """
import json
from django.test import Client
from tests import builders
manager = builders.make_manager(number=5511400011111)
contact = builders.make_contact(manager, external_id="551133334444", sa=0)
chat = builders.make_chat(contact)
counted = builders.make_contact(manager, sa=0)
client, idle = Client(), Client()
client.force_login(builders.make_supervisor(manager))
quiet = builders.make_manager(number=5511400099999)
idle.force_login(builders.make_supervisor(quiet))
print(json.dumps({
    "manager": manager.pk, "contact": contact.pk, "chat": chat.pk,
    "counted": counted.pk, "counted_id": counted.public_id,
    "key": builders.make_key(manager),
    "session": client.cookies["sessionid"].value,
    "quiet": quiet.pk, "idle_session": idle.cookies["sessionid"].value,
}))
"""
INSERT = """
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
  content, url, sender, status, error, created_at)
VALUES (gen_random_uuid(), %s, %s, %s, 'in', 'text', %s, '', '', 'wait', '', now())
"""


class Centre:
    """PostgreSQL, Valkey, web, feed and two relays, each a killable child process."""

    def __init__(
        self, data: Path, settings: dict[str, str] = FAST, wrapped: Sequence[str] = ()
    ) -> None:
        self.home: ServerDirs = open_server_dirs()
        self.postgres = Postgres(self.home, settings)
        # A command prefix for each process, such as `taskset -c 1`.
        self.wrapped = list(wrapped)
        self.web_port, self.feed_port = free_port(), free_port()
        self.feed_url = f"ws://127.0.0.1:{self.feed_port}/api/socket"
        self.environment = {
            **os.environ,
            **SECRETS,
            "HCI_DATA_DIR": str(data),
            "DATABASE_URL": paths.database_url(),
            "REDIS_URL": paths.redis_url(),
            "HCI_HOST": "127.0.0.1",
            "HCI_PORT": str(self.web_port),
            "HCI_FEED_PORT": str(self.feed_port),
            "HCI_FEED_SOCKETS_EACH": "1000",
        }
        # Additional environment variables of each process.
        self.more: dict[str, dict[str, str]] = {}
        self.living: dict[str, list[subprocess.Popen[bytes]]] = {}
        self.rows: dict[str, Any] = {}
        # Queries of waiting tests, on a connection of their own.
        self.asking = Asking(self.connect)

    def start(self) -> None:
        is_new = not self.home.cluster.exists()
        self.postgres.prepare()
        self.revive(["postgres", "valkey"])
        if is_new:
            self._manage("migrate", "-v0")
        self.rows = self.shell(PEOPLE)
        self.session_headers = self.headers_of(self.rows["session"])
        self.revive(["relay", "relay", "feed", "web"])
        wait_until(lambda: self._answers(self.web_port), STARTED_WITHIN)
        wait_until(lambda: self._answers(self.feed_port), STARTED_WITHIN)

    def headers_of(self, session: str) -> dict[str, str]:
        return {
            "Cookie": f"sessionid={session}",
            "Origin": f"http://127.0.0.1:{self.web_port}",
        }

    def start_aside(self) -> str:
        """Starts another feed process, which is never killed; returns its address."""
        port = free_port()
        more = {"HCI_FEED_PORT": str(port)}
        self.living["aside"] = [self._start("feed", **more)]
        wait_until(lambda: self._answers(port), STARTED_WITHIN)
        return f"ws://127.0.0.1:{port}/api/socket"

    def stop(self) -> None:
        self.asking.hang_up()
        [postgres] = self.living.pop("postgres", [None])
        self.kill([name for name, living in self.living.items() for _ in living])
        if postgres is not None:
            # Not by kill -9: its backends must have ended before the folder is deleted.
            postgres.send_signal(signal.SIGQUIT)
            postgres.wait()
        for folder in {self.home.path, self.home.sockets}:
            shutil.rmtree(folder, ignore_errors=True)

    def kill(self, names: list[str]) -> None:
        """Sends SIGKILL to the oldest process of each name: the active relay."""
        dying = [self.living[name].pop(0) for name in names]
        for process in dying:
            process.kill()
        for process in dying:
            process.wait()

    def revive(self, names: list[str]) -> None:
        for name in names:
            self.living.setdefault(name, []).append(self._start(name))
            if name == "postgres":
                self._await_postgres()

    def code(self) -> Path:
        """The folder of the code that the next process runs."""
        return ROOT

    def _start(self, name: str, **more: str) -> subprocess.Popen[bytes]:
        root = self.code()
        manage = [sys.executable, str(root / "manage.py")]
        commands = {
            "relay": [*manage, "relay_changes"],
            "feed": [*manage, "serve_feed"],
            "web": [sys.executable, "-m", "hci_center.webserver.server"],
            "worker": [*manage, "deliver_messages", "--lease", "3", "--hurry", "20"],
        }
        if name in commands:
            return subprocess.Popen(
                self.wrapped + commands[name],
                env=self.environment | self.more.get(name, {}) | more,
                cwd=root,
                **_quiet(),
            )
        process: Process = (
            valkey(self.home) if name == "valkey" else self.postgres.process()
        )
        command = self.wrapped + process.command
        return subprocess.Popen(command, **_quiet(), **process.popen)

    def _await_postgres(self) -> None:
        """Waits until a killed server's last backends have ended."""

        def nudge() -> None:
            [process] = self.living["postgres"]
            if process.poll() is not None:
                time.sleep(0.1)
                self.living["postgres"] = [self._start("postgres")]
            time.sleep(0.02)

        self.postgres.wait_until_ready(nudge)

    def shell(self, script: str) -> Any:
        """Runs the script with the centre's environment; returns its JSON."""
        return json.loads(self._manage("shell", "-v0", "-c", script))

    def _manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    def _answers(self, port: int) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    # Writing -------------------------------------------------------------------

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.home.sockets), dbname="hci", user="hci", connect_timeout=2
        )

    def insert_message(self, database: psycopg.Connection[Any], token: str) -> None:
        rows = self.rows
        database.execute(
            INSERT, [rows["manager"], rows["contact"], rows["chat"], token]
        )

    def count_contact(self, database: psycopg.Connection[Any], _token: str) -> None:
        database.execute(
            "UPDATE contacts_contact SET sa = sa + 1 WHERE id = %s",
            [self.rows["counted"]],
        )

    def write(self, token: str) -> None:
        while True:
            with contextlib.suppress(psycopg.Error), self.connect() as database:
                self.insert_message(database, token)
                database.commit()
                return
            time.sleep(0.1)

    def post_message(self, token: str) -> None:
        """Posts a message by REST; raises OSError unless it was acknowledged."""
        body = {
            "managerNumber": 5511400011111,
            "contactNumber": 551133334444,
            "from": 551133334444,
            "type": "text",
            "content": token,
            "messageId": token,
        }
        request = Request(
            f"http://127.0.0.1:{self.web_port}/api/chat/message/send",
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Authorization": f"Api-Key {self.rows['key']}",
            },
        )
        with urlopen(request, timeout=5) as answer:  # noqa: S310
            if answer.status != 200:
                raise OSError(answer.status)


def _quiet() -> dict[str, Any]:
    if os.environ.get("HCI_TEST_LOGS"):
        return {}
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
