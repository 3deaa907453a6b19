"""What the leading relay does beside: room ahead in the feed, none for the past."""

from __future__ import annotations

import asyncio
import logging
import time

import psycopg

from hci_center.feed.database import AWAY, Connection, connect

logger = logging.getLogger(__name__)

EVERY = 5.0
# Rows of a partition. The next ones are made while there is room for this many.
SIZE = 1_000_000
AHEAD = 2
# How far back a client may resume.
KEPT = "48 hours"

_PARTITIONS = """
SELECT c.relname, substring(c.relname FROM '[0-9]+$')::bigint
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'change_feed'::regclass ORDER BY 2
"""
_PACE = """
INSERT INTO change_pace (one, at, per_second, interval_ms)
VALUES (true, now(), %s, %s)
ON CONFLICT (one) DO UPDATE SET at = excluded.at, per_second = excluded.per_second,
  interval_ms = excluded.interval_ms
"""


class Housekeeping:
    """Partitions of the feed, and the pace that the probes report."""

    def __init__(self) -> None:
        self._rows = 0
        self._pause = 0.0
        self._since = time.monotonic()

    def note(self, rows: int, pause: float) -> None:
        """What a step of the relay moved, and how long it rests after it."""
        self._rows += rows
        self._pause = pause

    async def run(self) -> None:
        while True:
            try:
                await self._work()
            except AWAY:
                await asyncio.sleep(EVERY)

    async def _work(self) -> None:
        connection = await connect(lock_timeout="2s")
        try:
            while True:
                await self._say_pace(connection)
                try:
                    await tidy(connection)
                except psycopg.errors.LockNotAvailable:
                    logger.info("The feed is busy: its partitions wait")
                await asyncio.sleep(EVERY)
        finally:
            await connection.close()

    async def _say_pace(self, connection: Connection) -> None:
        now = time.monotonic()
        per_second = self._rows / max(now - self._since, 0.001)
        self._rows, self._since = 0, now
        await connection.execute(_PACE, (per_second, self._pause * 1000))


async def tidy(connection: Connection) -> None:
    """Makes the partitions ahead and drops those that nobody may resume from."""
    cursor = await connection.execute("SELECT seq FROM change_head")
    row = await cursor.fetchone()
    current = row[0] // SIZE if row else 0
    found = await (await connection.execute(_PARTITIONS)).fetchall()
    there = {number for _, number in found}
    for number in range(current, current + AHEAD + 1):
        if number not in there:
            await connection.execute(
                f"CREATE TABLE change_feed_{number} PARTITION OF change_feed"
                f" FOR VALUES FROM ({number * SIZE}) TO ({(number + 1) * SIZE})".encode()
            )
    for name, number in found:
        if number < current and await _is_past(connection, name):
            await connection.execute(f'DROP TABLE "{name}"'.encode())
            logger.info("Dropped %s: older than %s", name, KEPT)


async def _is_past(connection: Connection, partition: str) -> bool:
    """Whether its last row is older than any cursor that may come."""
    cursor = await connection.execute(
        f"SELECT at < now() - interval '{KEPT}' FROM \"{partition}\""  # noqa: S608
        " ORDER BY seq DESC LIMIT 1".encode()
    )
    row = await cursor.fetchone()
    return row is None or bool(row[0])
