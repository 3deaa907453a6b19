"""The feed's table keeps no row for more than two days; partitions are created ahead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hci_center.feed.async_database import Connection, connect
from hci_center.feed.relay import partitions
from hci_center.feed.relay.partitions import SIZE, maintain_partitions, make_room

HEAD = 3 * SIZE + SIZE // 2
# Age of the first row of each partition, in hours; the fourth is the current one.
AGES = [100, 48.2, 47, 0]

Test = Callable[[Connection], Awaitable[Any]]


@asynccontextmanager
async def separate_feed(head: int) -> AsyncIterator[Connection]:
    """A separate feed, in its own schema, whose latest number is `head`."""
    connection = await connect(search_path="attic")
    await connection.execute("CREATE SCHEMA attic")
    try:
        await connection.execute(
            "CREATE TABLE change_feed (LIKE public.change_feed, PRIMARY KEY (seq))"
            " PARTITION BY RANGE (seq)"
        )
        await connection.execute("CREATE TABLE change_head (seq bigint)")
        await connection.execute("INSERT INTO change_head VALUES (%s)", [head])
        yield connection
    finally:
        await connection.execute("DROP SCHEMA attic CASCADE")
        await connection.close()


def in_a_feed(head: int, test: Test) -> Any:
    async def run() -> Any:
        async with separate_feed(head) as connection:
            return await test(connection)

    return asyncio.run(run())


async def fill(connection: Connection, seqs: list[int], hours: float) -> None:
    """Inserts rows of that age."""
    await connection.execute(
        "INSERT INTO change_feed (seq, at, manager_id, kind)"
        " SELECT seq, now() - make_interval(secs => %s * 3600), 1, 'area'"
        " FROM unnest(%s::bigint[]) seq",
        [hours, seqs],
    )


async def ranges(connection: Connection) -> list[tuple[int, int]]:
    return [(start, end) for _, start, end in await partitions._partitions(connection)]


async def seqs_in(connection: Connection) -> list[int]:
    cursor = await connection.execute("SELECT seq FROM change_feed ORDER BY seq")
    return [seq for (seq,) in await cursor.fetchall()]


def test_old_partitions_are_dropped_and_new_ones_created(db: None) -> None:
    """A partition is dropped when its first row is too old."""

    async def maintain(connection: Connection) -> list[tuple[int, int]]:
        await connection.execute("UPDATE change_head SET seq = 0")
        await make_room(connection)
        await connection.execute("UPDATE change_head SET seq = %s", [HEAD])
        await make_room(connection)
        for number, hours in enumerate(AGES):
            await fill(connection, [number * SIZE, number * SIZE + 1], hours)
        await maintain_partitions(connection)
        return await ranges(connection)

    expected = [(n * SIZE, (n + 1) * SIZE) for n in (2, 3, 4, 5)]
    assert in_a_feed(HEAD, maintain) == expected


def test_a_small_centre_has_no_rows_older_than_two_days(db: None) -> None:
    """A few rows an hour never fill a partition, so it is closed by age."""

    async def run(connection: Connection) -> None:
        await make_room(connection)
        oldest = 0.0
        for step in range(1, 130):
            # Half an hour passes, with one change.
            await connection.execute(
                "UPDATE change_feed SET at = at - interval '30 min'"
            )
            await connection.execute("UPDATE change_head SET seq = %s", [step])
            await fill(connection, [step], 0)
            await maintain_partitions(connection)
            cursor = await connection.execute(
                "SELECT extract(epoch FROM now() - min(at))::float8 / 3600"
                " FROM change_feed"
            )
            row = await cursor.fetchone()
            assert row is not None
            oldest = max(oldest, row[0])
        # Rows are kept for as long as clients may resume.
        assert 46.5 < oldest < 48
        kept = await seqs_in(connection)
        assert kept == list(range(kept[0], 130))
        assert len(await ranges(connection)) < 60

    in_a_feed(0, run)


def test_an_idle_centre_drops_old_rows(db: None) -> None:
    async def run(connection: Connection) -> list[int]:
        await make_room(connection)
        await connection.execute("UPDATE change_head SET seq = 3")
        await fill(connection, [1, 2, 3], 100)
        await maintain_partitions(connection)
        await maintain_partitions(connection)
        return await seqs_in(connection)

    assert in_a_feed(0, run) == []


def test_rows_after_a_closed_partition_are_stored(db: None) -> None:
    async def run(connection: Connection) -> list[int]:
        await make_room(connection)
        await connection.execute("UPDATE change_head SET seq = 3")
        await fill(connection, [1, 2, 3], 1.5)
        await maintain_partitions(connection)
        assert (await ranges(connection))[:2] == [(0, 4), (4, SIZE)]
        await fill(connection, [4, 5, SIZE], 0)
        await maintain_partitions(connection)
        return await seqs_in(connection)

    assert in_a_feed(0, run) == [1, 2, 3, 4, 5, SIZE]


def test_a_partition_in_use_is_closed_later(db: None) -> None:
    """Readers never wait long for it."""

    async def run(connection: Connection) -> None:
        await make_room(connection)
        await connection.execute("UPDATE change_head SET seq = 3")
        await fill(connection, [1, 2, 3], 1.5)
        reader = await connect(search_path="attic")
        try:
            async with reader.transaction():
                await reader.execute("SELECT FROM change_feed")
                await connection.execute("SET lock_timeout = '50ms'")
                with pytest.raises(partitions.psycopg.errors.LockNotAvailable):
                    await maintain_partitions(connection)
            await maintain_partitions(connection)
        finally:
            await reader.close()
        assert (await ranges(connection))[0] == (0, 4)

    in_a_feed(0, run)
