"""How the worker sleeps, and what wakes it.

Asleep it is told of what was committed; awake it looks by itself, and spares the
writers the telling.
"""

from __future__ import annotations

import contextlib
import os
import select
from time import monotonic
from typing import Any

from django.db import connection

# Held (shared) by every worker that is awake: see the migration that makes
# `wake_delivery`.
AWAKE_LOCK = 4843492
# Awake it looks this often, for so long after the last work; asleep only once a
# second, and whenever it is told.
LOOK_EVERY, STAY_AWAKE, ASLEEP = 0.015, 1.0, 1.0


class PollWaiter:
    """The rests of one worker, taken by the thread whose connection listens."""

    def __init__(self) -> None:
        self._ready, self._bell = os.pipe()
        os.set_blocking(self._ready, False)
        os.set_blocking(self._bell, False)
        self._listening: Any = None
        self._is_awake = False
        self._awake_until = 0.0

    def wake(self) -> None:
        """Ends the rest that is being taken, or the next. From any thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._bell, b"!")

    def wait(self, *, busy: bool) -> None:
        """Until the next look, until something ended here, or until woken."""
        self._listen()
        now = monotonic()
        if busy:
            self._awake_until = now + STAY_AWAKE
        if now < self._awake_until:
            self._set_awake(True)
            self._wait(LOOK_EVERY)
        elif self._is_awake:
            # To look once more: what came before the lock was free rang no bell.
            self._set_awake(False)
        else:
            self._wait(ASLEEP)

    def disconnect(self) -> None:
        """Lets go of a connection that has broken."""
        self._listening, self._is_awake = None, False
        connection.close()

    def close(self) -> None:
        os.close(self._ready)
        os.close(self._bell)

    def _wait(self, seconds: float) -> None:
        raw = connection.connection
        readable, _, _ = select.select([raw.fileno(), self._ready], [], [], seconds)
        if self._ready in readable:
            os.read(self._ready, 4096)
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
