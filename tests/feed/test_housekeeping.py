"""The table of the feed keeps two days, and has room for what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hci_center.feed.database import Connection, connect
from hci_center.feed.housekeeping import SIZE, tidy

# Of the latest row of each partition, in hours; the fourth is written to.
AGES = [100, 49, 47, 0]


@asynccontextmanager
async def feed_of_its_own() -> AsyncIterator[Connection]:
    """A feed that has come as far as its fourth partition, beside the real one."""
    connection = await connect(search_path="attic")
    await connection.execute("CREATE SCHEMA attic")
    try:
        await connection.execute(
            "CREATE TABLE change_feed (LIKE public.change_feed)"
            " PARTITION BY RANGE (seq)"
        )
        await connection.execute("CREATE TABLE change_head (seq bigint)")
        await connection.execute(
            "INSERT INTO change_head VALUES (%s)", [3 * SIZE + SIZE // 2]
        )
        await tidy(connection)
        for number, hours in enumerate(AGES):
            await fill(connection, number, hours)
        yield connection
    finally:
        await connection.execute("DROP SCHEMA attic CASCADE")
        await connection.close()


async def fill(connection: Connection, number: int, hours: int) -> None:
    """A partition whose first row is three days older than its last."""
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS change_feed_{number} PARTITION OF change_feed"
        f" FOR VALUES FROM ({number * SIZE}) TO ({(number + 1) * SIZE})".encode()
    )
    await connection.execute(
        "INSERT INTO change_feed (seq, at, manager_id, kind)"
        " SELECT %s + n, now() - make_interval(hours => 72 * (1 - n) + %s), 1, 'area'"
        " FROM generate_series(0, 1) n",
        [number * SIZE, hours],
    )


async def partitions_after_tidying() -> set[str]:
    async with feed_of_its_own() as connection:
        await tidy(connection)
        found = await connection.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
            " WHERE inhparent = 'change_feed'::regclass"
        )
        return {name for (name,) in await found.fetchall()}


def test_what_nobody_may_resume_from_is_dropped_and_there_is_room_ahead(
    db: None,
) -> None:
    """A partition goes when its last row is older than 48 hours, and not before."""
    assert asyncio.run(partitions_after_tidying()) == {
        f"change_feed_{number}" for number in (2, 3, 4, 5)
    }
