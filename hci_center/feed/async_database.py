"""Direct connections of the feed's processes to PostgreSQL, for async code.

Session locks and LISTEN need a connection of their own, so nothing that pools
transactions may stand between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connections

from hci_center.database.connections import BoundedAsyncConnection, bounded
from hci_center.database.timeouts import timeouts
from hci_center.feed.errors import DatabaseAwayError

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OSError)

# How long a question waits for a database that is starting again.
PATIENCE = 15.0
PAUSE = 0.2


async def connect(**options: str) -> Connection:
    """A new connection, each statement its own transaction; `options` are parameters
    of the server beside the bounds of this process."""
    settings = connections["default"].settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        # What libpq knows of them; the rest is for Django.
        **{k: v for k, v in settings["OPTIONS"].items() if k in _OF_LIBPQ},
    }
    known = {name: value for name, value in given.items() if value}
    made = await BoundedAsyncConnection.connect(
        **bounded(known, **options),
        application_name="hci feed",
        autocommit=True,
        prepare_threshold=1,
    )
    made.answer_timeout = timeouts().answer
    return made


_OF_LIBPQ = {
    keyword.keyword.decode() for keyword in psycopg.pq.Conninfo.get_defaults()
} - {"application_name"}


class Database:
    """A few connections that questions take turns on, opened again when they break."""

    def __init__(self, most: int = 4) -> None:
        self._turns = asyncio.Semaphore(most)
        self._idle: list[Connection] = []

    async def rows(
        self, query: str, values: Mapping[str, Any], patience: float = PATIENCE
    ) -> list[Row]:
        """The answer's rows. Waits while the database is away, then raises
        DatabaseAwayError."""
        until = time.monotonic() + patience
        while True:
            try:
                async with self._turns:
                    return await self._ask(query, values)
            except AWAY as error:
                if time.monotonic() > until:
                    raise DatabaseAwayError from error
            await asyncio.sleep(PAUSE)

    async def _ask(self, query: str, values: Mapping[str, Any]) -> list[Row]:
        # Only tickets and presence are written here, which a crash may take.
        connection = (
            self._idle.pop() if self._idle else await connect(synchronous_commit="off")
        )
        try:
            cursor = await connection.execute(query.encode(), values)
            found = await cursor.fetchall() if cursor.description else []
        except BaseException:
            await connection.close()
            raise
        self._idle.append(connection)
        return found

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()
