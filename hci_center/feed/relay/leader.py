"""The relay: numbers what has been committed and tells the hubs of it.

Any number may run; one leads, by a session lock, and the others stand by. A change that
comes alone wakes it by NOTIFY and is told at once. Where changes follow on one another
it stays awake and polls, so that a busy system pays for no NOTIFY; the busier, the
longer its pauses, so that it never takes more than a third of the writers' time and
each step carries more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import psycopg

from hci_center.database import faults
from hci_center.feed.async_database import AWAY, Connection, connect
from hci_center.feed.channel_layer import rows_message
from hci_center.feed.frames import COLUMNS, Change
from hci_center.feed.relay.partitions import PartitionKeeper, make_room
from hci_center.feed.relay.publisher import Publisher
from hci_center.feed.reporting import report_by
from hci_center.feed.tasks import run_together

logger = logging.getLogger(__name__)

# Advisory locks: who leads, and that the leader is awake (change_wake asks for it).
LEADS = 771
IS_AWAKE = 772

MOST_ROWS = 500
STAND_BY_EVERY = 0.1
RETRY_EVERY = 0.2
# After a change, in seconds: what follows on it waits a little, so that more go with it
# and the reading does not take from the hubs the time in which they write. Each read
# that finds more lengthens the pause, up to the steady one.
BUSY_PAUSE = 0.02
LONGER_BY = 0.004
STEADY_PAUSE = 0.045
LONGEST_PAUSE = 0.1
# Asleep it still looks now and then, for a writer that saw it awake and committed after:
# when as long has passed again as since the latest change, and at least this often.
LOOK_EVERY = 0.25
# A leader that hangs this long loses its connection, and with it the lead.
HANGS_AFTER = "5s"

_STAMP = f"SELECT {COLUMNS} FROM change_stamp(%s)"  # noqa: S608 - of constants
_TAKE_FIRST = """
DELETE FROM change_pend
 WHERE id = (SELECT id FROM change_pend
              WHERE id > (SELECT mark FROM change_head) ORDER BY id LIMIT 1)
RETURNING id, manager_id
"""
_PUT_RESET = """
INSERT INTO change_pend (id, kind, op, manager_id) OVERRIDING SYSTEM VALUE
VALUES (%s, 'reset', 'R', %s)
"""


class Relay:
    """Leads when it can; see the module."""

    def __init__(self) -> None:
        self._publisher = Publisher()
        self._epoch = ""
        self._is_awake = False
        # How many reads in a row have found changes, and when one last did.
        self._following = 0
        self._latest = 0.0
        # How many rows the next read takes, and the last that could not be numbered.
        self._most = MOST_ROWS
        self._voided: int | None = None

    async def run(self) -> None:
        """Until it is cancelled, through every outage of PostgreSQL and Redis. Raises
        what nothing here can mend; to be started anew is then the best it can do."""
        await run_together(self._publisher.run(), self._lead_whenever_possible())

    async def _lead_whenever_possible(self) -> None:
        while True:
            try:
                await self._lead()
            except AWAY as error:
                logger.warning("PostgreSQL is away: %s", faults.describe(error))
                await asyncio.sleep(RETRY_EVERY)

    async def _lead(self) -> None:
        connection = await connect(idle_session_timeout=HANGS_AFTER)
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
            housekeeping = PartitionKeeper()
            await run_together(
                self._number(connection, housekeeping),
                housekeeping.run(),
                self._publisher.forward_ephemeral(),
            )
        finally:
            await connection.close()

    async def _number(
        self, connection: Connection, housekeeping: PartitionKeeper
    ) -> None:
        while True:
            await self._step(connection, housekeeping)

    async def _step(
        self, connection: Connection, housekeeping: PartitionKeeper
    ) -> None:
        """One read and what follows from it."""
        started = time.monotonic()
        most = self._most
        changes = await self._stamp(connection)
        now = time.monotonic()
        if changes is None:
            return
        if not changes:
            self._following = 0
            await self._sleep(connection, housekeeping, now - self._latest)
            return
        self._latest = now
        self._publish(changes)
        shortest = min(BUSY_PAUSE + self._following * LONGER_BY, STEADY_PAUSE)
        pause = min(max(shortest, 2 * (now - started)), LONGEST_PAUSE)
        housekeeping.record_pace(len(changes), pause)
        if len(changes) >= most:
            return
        self._following += 1
        if self._following > 1 and not self._is_awake:
            self._is_awake = await _answer(
                connection, f"SELECT pg_try_advisory_lock({IS_AWAKE})"
            )
        await asyncio.sleep(pause)

    async def _stamp(self, connection: Connection) -> list[Change] | None:
        """Numbers what was committed; None: that failed, and less is to be tried.

        A change that cannot be numbered must not stop all that come after it. The
        batch shrinks down to it; then it becomes a reset for all of its manager, who
        read anew what they are not told.
        """
        try:
            cursor = await connection.execute(_STAMP, (self._most,))
            changes = [Change(*row) for row in await cursor.fetchall()]
        except psycopg.Error as error:
            if faults.is_lost(error) or connection.closed:
                raise
            await report_by(connection, "number", error)
            await make_room(connection)
            if self._most == 1:
                await self._void_first(connection, error)
            self._most = max(1, self._most // 8)
            await asyncio.sleep(BUSY_PAUSE)
            return None
        self._most = min(MOST_ROWS, self._most * 2)
        return changes

    async def _void_first(self, connection: Connection, error: psycopg.Error) -> None:
        async with connection.transaction():
            cursor = await connection.execute(_TAKE_FIRST)
            row = await cursor.fetchone()
            if row is None or row[0] == self._voided:
                # It was not that change.
                raise error
            await connection.execute(_PUT_RESET, row)
        self._voided = row[0]
        await report_by(connection, "number", error, f"change {row[0]}")

    async def _sleep(
        self, connection: Connection, housekeeping: PartitionKeeper, quiet_for: float
    ) -> None:
        """Until a writer's word or for a while; when it was awake, just that no more,
        and then one more read, for who saw it awake."""
        if self._is_awake:
            await connection.execute(f"SELECT pg_advisory_unlock({IS_AWAKE})".encode())
            self._is_awake = False
            return
        pause = min(max(quiet_for, BUSY_PAUSE), LOOK_EVERY)
        housekeeping.record_pace(0, pause)
        async for _ in connection.notifies(timeout=pause, stop_after=1):
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
