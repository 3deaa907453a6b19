"""Counts the open sockets of each person over all feed processes, in PostgreSQL.

Each process stores its own number, renews it, and stores it again when a socket closes.
The rows of a process that dies expire. While the database is unreachable, the limit
only applies to this process, so that nobody is locked out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from uuid import uuid4

import psycopg

from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.reporting import report

logger = logging.getLogger(__name__)

# In seconds.
RENEW_EVERY = 20.0
LASTS = 60.0

_ADMIT = "SELECT feed_count_sockets(%(credential)s, %(process)s, %(here)s, %(lasts)s)"
_RENEW = """
WITH gone AS (
  DELETE FROM feed_open_sockets
   WHERE (process = %(process)s AND credential = ANY(%(gone)s::text[]))
      OR until < clock_timestamp())
INSERT INTO feed_open_sockets
SELECT credential, %(process)s, sockets,
       clock_timestamp() + make_interval(secs => %(lasts)s)
  FROM unnest(%(credentials)s::text[], %(sockets)s::int[]) AS t (credential, sockets)
 ORDER BY credential
ON CONFLICT (credential, process)
DO UPDATE SET sockets = excluded.sockets, until = excluded.until
"""
_LEAVE = "DELETE FROM feed_open_sockets WHERE process = %(process)s"


class SocketCounts:
    """The numbers of this process; `here` returns that of each person by credential."""

    def __init__(self, database: Database, here: Callable[[], dict[str, int]]) -> None:
        self._database, self._here = database, here
        self._process = uuid4().hex
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._renewed = 0.0

    async def everywhere(self, credential: str, here: int) -> int:
        """Stores the person's `here` sockets and returns the total of all processes."""
        values = {"credential": credential, "here": here} | self._own
        try:
            [(sockets,)] = await self._database.rows(_ADMIT, values, patience=0)
        except DatabaseAwayError:
            return here
        return int(sockets)

    def changed(self, credential: str) -> None:
        """Schedules storing the person's number again: a socket has closed."""
        self._changed.add(credential)
        self._wake.set()

    async def keep(self) -> None:
        """Stores changed numbers at once, and renews all, until it is cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), RENEW_EVERY)
            self._wake.clear()
            changed, self._changed = self._changed, set()
            try:
                await self._store(changed)
            except DatabaseAwayError:
                self._changed |= changed
                await asyncio.sleep(1.0)
            except psycopg.Error as error:
                await report(self._database, "sockets", error)
                await asyncio.sleep(1.0)

    async def leave(self) -> None:
        """Deletes the numbers of this process, which is about to end."""
        with contextlib.suppress(DatabaseAwayError):
            await self._database.rows(_LEAVE, self._own, patience=0)

    async def _store(self, changed: set[str]) -> None:
        numbers = self._here()
        is_due = time.monotonic() - self._renewed > RENEW_EVERY
        stored = (
            numbers if is_due else {c: numbers[c] for c in changed & numbers.keys()}
        )
        values = self._own | {
            "gone": list(changed - numbers.keys()),
            "credentials": list(stored),
            "sockets": list(stored.values()),
        }
        if stored or values["gone"]:
            await self._database.rows(_RENEW, values, patience=0)
        if is_due:
            self._renewed = time.monotonic()

    @property
    def _own(self) -> dict[str, object]:
        return {"process": self._process, "lasts": LASTS}
