"""The relay: numbers committed changes and publishes them to the hubs.

Any number may run; one leads, by a session-level advisory lock, and the others stand
by. A single change wakes the leader by NOTIFY and is published at once. Under load the
leader stays awake and polls, so that a busy system does not pay for NOTIFY. Its pauses
grow with the load, so that it never uses more than a third of the time and each step
numbers more changes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import psycopg

from hci_center.database import faults
from hci_center.database.outage_lines import outage_lines
from hci_center.feed.async_database import AWAY, Connection, connect
from hci_center.feed.channel_layer import rows_message
from hci_center.feed.frames import COLUMNS, Change
from hci_center.feed.relay.partitions import PartitionKeeper, make_room
from hci_center.feed.relay.publisher import Publisher
from hci_center.feed.reporting import report_by
from hci_center.feed.tasks import run_together

logger = logging.getLogger(__name__)

# Advisory locks: of the leader, and of a leader that is awake (see change_wake).
LEADS = 771
IS_AWAKE = 772

MOST_ROWS = 500
STAND_BY_EVERY = 0.1
RETRY_EVERY = 0.2
# Pause after a change, in seconds: later changes wait a little, so that one step
# numbers more of them and reading does not take processor time from the hubs. Each read
# that finds changes lengthens the pause, up to STEADY_PAUSE.
BUSY_PAUSE = 0.02
LONGER_BY = 0.004
STEADY_PAUSE = 0.045
LONGEST_PAUSE = 0.1
# A sleeping leader still reads sometimes, for writers that saw it awake and committed
# afterwards: after as long again as since the latest change, and at least this often.
LOOK_EVERY = 0.25
# A leader that hangs this long loses its connection, and with it the lock.
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
    """Leads whenever it gets the lock; see the module's docstring."""

    def __init__(self) -> None:
        self._publisher = Publisher()
        self.metrics = self._publisher.metrics
        self._epoch = ""
        self._is_awake = False
        # How many reads in a row found changes, and when the latest of them was.
        self._busy_reads = 0
        self._latest = 0.0
        # The limit of the next read, and the id of the last change made a reset.
        self._limit = MOST_ROWS
        self._voided: int | None = None

    async def run(self) -> None:
        """Runs until it is cancelled, also through outages of PostgreSQL and Redis.

        Raises any other error: the process should then be restarted.
        """
        await run_together(self._publisher.run(), self._lead_whenever_possible())

    async def _lead_whenever_possible(self) -> None:
        while True:
            try:
                await self._lead()
            except AWAY as error:
                text = faults.describe(error)
                logger.log(outage_lines.level, "PostgreSQL is unavailable: %s", text)
                await asyncio.sleep(RETRY_EVERY)

    async def _lead(self) -> None:
        connection = await connect(idle_session_timeout=HANGS_AFTER)
        self._is_awake = False
        try:
            while not await _scalar(
                connection, f"SELECT pg_try_advisory_lock({LEADS})"
            ):
                await asyncio.sleep(STAND_BY_EVERY)
            logger.info("This relay leads")
            self.metrics.leads = True
            self._epoch = await _scalar(connection, "SELECT epoch FROM change_head")
            self._publisher.epoch = self._epoch
            await connection.execute("LISTEN change_pend")
            housekeeping = PartitionKeeper()
            await run_together(
                self._number(connection, housekeeping),
                housekeeping.run(),
                self._publisher.forward_ephemeral(),
            )
        finally:
            self.metrics.leads = False
            await connection.close()

    async def _number(
        self, connection: Connection, housekeeping: PartitionKeeper
    ) -> None:
        while True:
            await self._step(connection, housekeeping)

    async def _step(
        self, connection: Connection, housekeeping: PartitionKeeper
    ) -> None:
        """Reads once, publishes the changes and pauses."""
        started = time.monotonic()
        limit = self._limit
        changes = await self._stamp(connection)
        now = time.monotonic()
        if changes is None:
            return
        if not changes:
            self._busy_reads = 0
            await self._sleep(connection, housekeeping, now - self._latest)
            return
        self._latest = now
        self.metrics.numbered += len(changes)
        self.metrics.steps += 1
        self._publish(changes)
        shortest = min(BUSY_PAUSE + self._busy_reads * LONGER_BY, STEADY_PAUSE)
        pause = min(max(shortest, 2 * (now - started)), LONGEST_PAUSE)
        housekeeping.record_pace(len(changes), pause)
        if len(changes) >= limit:
            return
        self._busy_reads += 1
        if self._busy_reads > 1 and not self._is_awake:
            self._is_awake = await _scalar(
                connection, f"SELECT pg_try_advisory_lock({IS_AWAKE})"
            )
        await asyncio.sleep(pause)

    async def _stamp(self, connection: Connection) -> list[Change] | None:
        """Numbers committed changes; returns None if it failed and must try fewer.

        A change that cannot be numbered must not stop the later ones. The batch is
        reduced until it has only that change, which is then replaced by a reset for
        everyone who sees its manager: they read again what was not sent.
        """
        try:
            cursor = await connection.execute(_STAMP, (self._limit,))
            changes = [Change(*row) for row in await cursor.fetchall()]
        except psycopg.Error as error:
            if faults.is_lost(error) or connection.closed:
                raise
            await report_by(connection, "number", error)
            await make_room(connection)
            if self._limit == 1:
                await self._void_first(connection, error)
            self._limit = max(1, self._limit // 8)
            await asyncio.sleep(BUSY_PAUSE)
            return None
        self._limit = min(MOST_ROWS, self._limit * 2)
        return changes

    async def _void_first(self, connection: Connection, error: psycopg.Error) -> None:
        async with connection.transaction():
            cursor = await connection.execute(_TAKE_FIRST)
            row = await cursor.fetchone()
            if row is None or row[0] == self._voided:
                # Another change, or none, caused the error.
                raise error
            await connection.execute(_PUT_RESET, row)
        self._voided = row[0]
        await report_by(connection, "number", error, f"change {row[0]}")

    async def _sleep(
        self, connection: Connection, housekeeping: PartitionKeeper, quiet_for: float
    ) -> None:
        """Waits for a NOTIFY or for a limited time.

        A leader that was awake only gives up its awake lock and returns, so that one
        more read finds the changes of writers that saw it awake.
        """
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


async def _scalar(connection: Connection, query: str) -> Any:
    cursor = await connection.execute(query.encode())
    row = await cursor.fetchone()
    return row[0] if row else None
