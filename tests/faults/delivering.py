"""A database and workers, for the tests that kill them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from hci_center.local import paths
from hci_center.local.postgres import Postgres
from hci_center.local.server_dirs import open_server_dirs
from tests.faults.asking import Asking
from tests.faults.centre import SECRETS

ROOT = Path(settings.BASE_DIR)
FAST = {"fsync": "off", "full_page_writes": "off", "max_connections": "60"}
MANAGE = [sys.executable, str(ROOT / "manage.py")]

# Contacts with an open chat each, and messages that wait for their gateway.
FILL = """
WITH manager AS (
  INSERT INTO managers_manager (name, email, number, controller_port, facebook_token,
    gateway, gateway_settings, time_zone, is_demo, created_at)
  VALUES ('Padaria', '', %(number)s, %(port)s, '', 'controller', '', 'UTC', false,
          now())
  RETURNING id
), people AS (
  INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo,
    protocol, sa, unread, created_at)
  SELECT manager.id, 'whatsapp', (551130000000 + n)::text, 'c', '', 'p' || n, 0, 0,
         now()
    FROM manager, generate_series(1, %(contacts)s) AS n
  RETURNING id, manager_id
), chats AS (
  INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
  SELECT manager_id, id, 'P' || id, now() FROM people
  RETURNING id, contact_id, manager_id
), messages AS (
  INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
    content, url, sender, status, error, created_at)
  SELECT gen_random_uuid(), manager_id, contact_id, id, 'out', 'text', place::text,
         '', '7', 'wait', '', now()
    FROM chats, generate_series(1, %(each)s) AS said (place) ORDER BY said.place
  RETURNING id, manager_id, contact_id
)
INSERT INTO chats_delivery (message_id, manager_id, contact_id, channel, token,
  attempts, failures, fence, in_flight)
SELECT id, manager_id, contact_id, 'whatsapp', '', 0, 0, 0, false FROM messages
"""


def wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)


class Post:
    """PostgreSQL and workers, each a killable child process."""

    def __init__(self, data: Path) -> None:
        self.home = open_server_dirs()
        self.postgres = Postgres(self.home, FAST)
        self.environment = {
            **os.environ,
            **SECRETS,
            "HCI_DATA_DIR": str(data),
            "DATABASE_URL": paths.database_url(),
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self._asking = Asking(self.connect)

    def start(self, dump: Path | None = None) -> None:
        """Starts PostgreSQL; restores a new database from the dump, or migrates it."""
        is_new = not self.home.cluster.exists()
        self.postgres.prepare()
        self.server = self._start_postgres()
        self._await_postgres()
        if is_new and dump is not None:
            restore = [str(self.postgres.binaries / "pg_restore"), "--no-owner", "-1"]
            address = paths.database_url()
            subprocess.run([*restore, f"--dbname={address}", str(dump)], check=True)
        elif is_new:
            migrate = [*MANAGE, "migrate", "-v0"]
            subprocess.run(migrate, env=self.environment, cwd=ROOT, check=True)

    def stop(self) -> None:
        self._asking.hang_up()
        for process in [*self.workers, self.server]:
            process.kill()
            process.wait()
        for folder in {self.home.path, self.home.sockets}:
            shutil.rmtree(folder, ignore_errors=True)

    def start_worker(self, *options: str) -> None:
        quiet = {} if os.environ.get("HCI_TEST_LOGS") else {"stderr": -3, "stdout": -3}
        self.workers.append(
            subprocess.Popen(
                [*MANAGE, "deliver_messages", *options],
                env=self.environment,
                cwd=ROOT,
                **quiet,  # type: ignore[call-overload]
            )
        )

    def clear(self) -> None:
        """Kills all workers and deletes all rows of a test."""
        while self.workers:
            self.kill_worker()
        with self.connect() as database:
            database.execute("SET hci.truncating = 'on'")
            database.execute("TRUNCATE managers_manager, auth_user CASCADE")

    def kill_worker(self) -> None:
        """Sends SIGKILL to the oldest worker."""
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait()

    def kill_postgres(self) -> None:
        self.server.kill()
        self.server.wait()
        self.server = self._start_postgres()
        self._await_postgres()

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.home.sockets), dbname="hci", user="hci", autocommit=True
        )

    def fill(self, *, contacts: int, each: int, number: int, port: int) -> None:
        values = {"contacts": contacts, "each": each, "number": number, "port": port}
        with self.connect() as database:
            database.execute(FILL, values)

    def asked(self, question: str) -> Any:
        return self._asking.value(question)

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        process = self.postgres.process()
        return subprocess.Popen(
            process.command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **process.popen,
        )

    def _await_postgres(self) -> None:
        def nudge() -> None:
            # The last backends of a killed server must end before another starts.
            if self.server.poll() is not None:
                time.sleep(0.1)
                self.server = self._start_postgres()
            time.sleep(0.02)

        self.postgres.wait_until_ready(nudge)
