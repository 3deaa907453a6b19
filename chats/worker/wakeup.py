"""Waits for work: polls while the worker is busy, and uses LISTEN/NOTIFY when idle.

While any worker is awake and polls, writers do not send notifications.
"""

from __future__ import annotations

import contextlib
import os
import select
from time import monotonic
from typing import Any

from django.db import connection

# The key of the shared advisory lock that every awake worker holds: see the migration
# that creates `wake_delivery`.
AWAKE_LOCK = 4843492
# The poll interval while awake, how long a worker stays awake after its last work, and
# the poll interval while asleep, in seconds. A notification wakes it early.
LOOK_EVERY, STAY_AWAKE, ASLEEP = 0.015, 1.0, 1.0


class PollWaiter:
    """Waits for work in a worker's main thread, whose connection runs LISTEN."""

    def __init__(self) -> None:
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        self._listening: Any = None
        self._is_awake = False
        self._awake_until = 0.0

    def wake(self) -> None:
        """Ends the current or next wait; may be called from any thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_writer, b"!")

    def wait(self, *, busy: bool) -> None:
        """Waits for the next poll, a notification or `wake`."""
        self._listen()
        now = monotonic()
        if busy:
            self._awake_until = now + STAY_AWAKE
        if now < self._awake_until:
            self._set_awake(True)
            self._wait(LOOK_EVERY)
        elif self._is_awake:
            # Returns without waiting, to poll once more: commits before the release of
            # the lock have not sent a notification.
            self._set_awake(False)
        else:
            self._wait(ASLEEP)

    def disconnect(self) -> None:
        """Closes the database connection, which may be broken."""
        self._listening, self._is_awake = None, False
        connection.close()

    def close(self) -> None:
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _wait(self, seconds: float) -> None:
        raw = connection.connection
        descriptors = [raw.fileno(), self._wake_reader]
        readable, _, _ = select.select(descriptors, [], [], seconds)
        if self._wake_reader in readable:
            os.read(self._wake_reader, 4096)
        if raw.fileno() in readable:
            for _notice in raw.notifies(timeout=0):
                pass

    def _listen(self) -> None:
        connection.ensure_connection()
        if connection.connection is not self._listening:
            with connection.cursor() as cursor:
                cursor.execute("LISTEN delivery")
            self._listening, self._is_awake = connection.connection, False

    def _set_awake(self, awake: bool) -> None:
        if awake == self._is_awake:
            return
        verb = "lock" if awake else "unlock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_{verb}_shared(%s)", [AWAKE_LOCK])
        self._is_awake = awake
