"""Creates and drops partitions of the change log and stores its pace for probes.

Partitions are ranges of `seq`. A partition is closed when it is full or when its first
row is older than WRITTEN_FOR, so that in a small centre, too, rows are dropped in time.
"""

from __future__ import annotations

import asyncio
import logging
import time

import psycopg

from hci_center.feed.async_database import AWAY, Connection, connect
from hci_center.feed.reporting import report_by

logger = logging.getLogger(__name__)

EVERY = 5.0
# Rows of a partition, and how many partitions are created in advance.
SIZE = 1_000_000
AHEAD = 2
# No text is stored for more than 48 hours; the margin is for the interval between
# checks and for rows of long transactions. A client can resume for this long, minus the
# time that a partition is written to.
RETENTION = "47 hours 55 minutes"
WRITTEN_FOR = "1 hour"

_PARTITIONS = r"""
SELECT c.relname, bound[1]::bigint, bound[2]::bigint
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
       regexp_match(pg_get_expr(c.relpartbound, c.oid),
                    $$FROM \('?(\d+)'?\) TO \('?(\d+)'?\)$$) bound
 WHERE i.inhparent = 'change_feed'::regclass ORDER BY 2
"""
_PACE = """
INSERT INTO change_pace (one, at, per_second, interval_ms)
VALUES (true, now(), %s, %s)
ON CONFLICT (one) DO UPDATE SET at = excluded.at, per_second = excluded.per_second,
  interval_ms = excluded.interval_ms
"""

# Name, first number and the number after the last.
Partition = tuple[str, int, int]


class PartitionKeeper:
    """Maintains the partitions of the feed and the pace shown to probes."""

    def __init__(self) -> None:
        self._rows = 0
        self._pause = 0.0
        self._since = time.monotonic()

    def record_pace(self, rows: int, pause: float) -> None:
        """Records how many rows a step numbered, and the pause after it in seconds."""
        self._rows += rows
        self._pause = pause

    async def run(self) -> None:
        while True:
            try:
                await self._work()
            except AWAY:
                await asyncio.sleep(EVERY)

    async def _work(self) -> None:
        # Waiting for its lock blocks all later queries, and a backup holds a
        # conflicting lock for minutes, so it is better to try again.
        connection = await connect(lock_timeout="200ms")
        try:
            while True:
                await self._store_pace(connection)
                try:
                    await maintain_partitions(connection)
                except psycopg.errors.LockNotAvailable:
                    logger.info("The feed is busy: partitions are maintained later")
                except psycopg.Error as error:
                    if isinstance(error, AWAY):
                        raise
                    # Numbering continues meanwhile, in the partitions created in
                    # advance.
                    await report_by(connection, "partitions", error)
                await asyncio.sleep(EVERY)
        finally:
            await connection.close()

    async def _store_pace(self, connection: Connection) -> None:
        now = time.monotonic()
        per_second = self._rows / max(now - self._since, 0.001)
        self._rows, self._since = 0, now
        await connection.execute(_PACE, (per_second, self._pause * 1000))


async def maintain_partitions(connection: Connection) -> None:
    """Creates the next partitions, closes the current one and drops old ones.

    The current one is closed when its first row is older than WRITTEN_FOR.
    """
    await make_room(connection)
    head = await _head(connection)
    for partition in await _partitions(connection):
        name, start, end = partition
        if end <= head + 1:
            if not await _is_older(connection, name, RETENTION):
                return
            await connection.execute(f'DROP TABLE "{name}"'.encode())
            logger.info("Dropped %s: older than %s", name, RETENTION)
        elif start <= head:
            if await _is_older(connection, name, WRITTEN_FOR):
                await _close(connection, partition)
            return


async def make_room(connection: Connection) -> None:
    """Creates the partitions that the next numbers need."""
    head = await _head(connection)
    existing = await _partitions(connection)
    end = existing[-1][2] if existing else head // SIZE * SIZE
    while end < (head // SIZE + AHEAD + 1) * SIZE:
        start, end = end, (end // SIZE + 1) * SIZE
        await _create(connection, start, end)


async def _close(connection: Connection, partition: Partition) -> None:
    """Ends the partition after the latest number and creates one for the rest."""
    name, start, end = partition
    async with connection.transaction():
        # The lock that change_stamp takes, so nothing is numbered meanwhile.
        head = await _head(connection, "FOR UPDATE")
        if not start <= head < end - 1:
            return
        for statement in (
            f'ALTER TABLE change_feed DETACH PARTITION "{name}"',
            f'ALTER TABLE change_feed ATTACH PARTITION "{name}"'
            f" FOR VALUES FROM ({start}) TO ({head + 1})",
        ):
            await connection.execute(statement.encode())
        await _create(connection, head + 1, end)
    logger.info("Closed %s at %d", name, head)


async def _create(connection: Connection, start: int, end: int) -> None:
    number, remainder = divmod(start, SIZE)
    name = f"change_feed_at_{start}" if remainder else f"change_feed_{number}"
    await connection.execute(
        f"CREATE TABLE {name} PARTITION OF change_feed"
        f" FOR VALUES FROM ({start}) TO ({end})".encode()
    )


async def _head(connection: Connection, lock: str = "") -> int:
    query = f"SELECT seq FROM change_head {lock}"  # noqa: S608
    cursor = await connection.execute(query.encode())
    row = await cursor.fetchone()
    return row[0] if row else 0


async def _partitions(connection: Connection) -> list[Partition]:
    cursor = await connection.execute(_PARTITIONS)
    return [(name, start, end) for name, start, end in await cursor.fetchall()]


async def _is_older(connection: Connection, partition: str, age: str) -> bool:
    """Whether the partition's first row is older than `age`; True without rows."""
    cursor = await connection.execute(
        f"SELECT at < now() - interval '{age}' FROM \"{partition}\""  # noqa: S608
        " ORDER BY seq LIMIT 1".encode()
    )
    row = await cursor.fetchone()
    return row is None or bool(row[0])
