"""The relay: numbers what has been committed and tells the hubs of it.

Any number may run; one leads, by a session lock, and the others stand by. It hears of
changes by NOTIFY while it sleeps and polls while it is awake, so that a busy system
pays for no NOTIFY; the busier, the longer its pauses, so that it never takes more than
a third of the writers' time and each step carries more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from hci_center.feed.database import AWAY, Connection, connect
from hci_center.feed.events import COLUMNS, Change
from hci_center.feed.housekeeping import Housekeeping
from hci_center.feed.layer import rows_message
from hci_center.feed.publisher import Publisher

logger = logging.getLogger(__name__)

# Advisory locks: who leads, and that the leader is awake (change_wake asks for it).
LEADS = 771
IS_AWAKE = 772

MOST_ROWS = 500
STAND_BY_EVERY = 0.1
RETRY_EVERY = 0.2
# Awake: between two reads, in seconds. A change that comes alone is told within the
# shortest. One that follows on another waits a little, so that more go with it, and the
# reading does not take from the hubs the time in which they write.
SHORTEST_PAUSE = 0.003
BUSY_PAUSE = 0.015
LONGEST_PAUSE = 0.1
# Asleep after so long without a change; then it still looks now and then, for a
# writer that saw it awake and committed after.
AWAKE_FOR = 1.0
LOOK_EVERY = 0.25
# A leader that hangs this long loses its connection, and with it the lead.
HANGS_AFTER = "5s"

_STAMP = f"SELECT {COLUMNS} FROM change_stamp(%s)"  # noqa: S608 - of constants


class Relay:
    """Leads when it can; see the module."""

    def __init__(self) -> None:
        self._publisher = Publisher()
        self._epoch = ""
        self._is_awake = False
        self._latest = 0.0

    async def run(self) -> None:
        """Until it is cancelled, through every outage of PostgreSQL and Redis."""
        publishing = asyncio.create_task(self._publisher.run())
        try:
            while True:
                try:
                    await self._lead()
                except AWAY as error:
                    logger.warning("PostgreSQL is away: %s", str(error).strip())
                    await asyncio.sleep(RETRY_EVERY)
        finally:
            publishing.cancel()

    async def _lead(self) -> None:
        connection = await connect(idle_session_timeout=HANGS_AFTER)
        beside: list[asyncio.Task[None]] = []
        self._is_awake = False
        try:
            while not await _answer(
                connection, f"SELECT pg_try_advisory_lock({LEADS})"
            ):
                await asyncio.sleep(STAND_BY_EVERY)
            logger.info("This relay leads")
            self._epoch = await _answer(connection, "SELECT epoch FROM change_head")
            self._publisher.epoch = self._epoch
            await connection.execute("LISTEN change_pend")
            housekeeping = Housekeeping()
            beside += [
                asyncio.create_task(housekeeping.run()),
                asyncio.create_task(self._publisher.forward_moments()),
            ]
            while True:
                await self._step(connection, housekeeping)
        finally:
            for task in beside:
                task.cancel()
            await connection.close()

    async def _step(self, connection: Connection, housekeeping: Housekeeping) -> None:
        """One read and what follows from it."""
        started = time.monotonic()
        cursor = await connection.execute(_STAMP, (MOST_ROWS,))
        changes = [Change(*row) for row in await cursor.fetchall()]
        now = time.monotonic()
        if changes:
            self._latest = now
            self._publish(changes)
        shortest = BUSY_PAUSE if changes else SHORTEST_PAUSE
        pause = min(max(shortest, 2 * (now - started)), LONGEST_PAUSE)
        housekeeping.note(len(changes), pause)
        if len(changes) >= MOST_ROWS:
            return
        if now - self._latest < AWAKE_FOR:
            if not self._is_awake:
                self._is_awake = await _answer(
                    connection, f"SELECT pg_try_advisory_lock({IS_AWAKE})"
                )
            await asyncio.sleep(pause)
        elif self._is_awake:
            await connection.execute(f"SELECT pg_advisory_unlock({IS_AWAKE})".encode())
            self._is_awake = False  # and one more read, for who saw it awake
        else:
            async for _ in connection.notifies(timeout=LOOK_EVERY, stop_after=1):
                pass

    def _publish(self, changes: list[Change]) -> None:
        for change in changes:
            if change.kind == "epoch":
                self._epoch = self._publisher.epoch = change.ev or ""
        self._publisher.put(rows_message(self._epoch, changes))


async def _answer(connection: Connection, question: str) -> Any:
    cursor = await connection.execute(question.encode())
    row = await cursor.fetchone()
    return row[0] if row else None
