"""Direct connections of the feed's processes to PostgreSQL, for async code.

Session-level advisory locks and LISTEN need a dedicated connection, so there must be no
transaction pooler in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connections

from hci_center.database.connections import BoundedAsyncConnection, bounded
from hci_center.database.outage_lines import outage_lines, reason_of
from hci_center.database.timeouts import timeouts
from hci_center.feed.errors import DatabaseAwayError

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OSError)

# How long a query waits for a database that is restarting, in seconds.
PATIENCE = 15.0
PAUSE = 0.2


async def connect(**options: str) -> Connection:
    """Opens a connection in autocommit mode, with the timeouts of this process.

    `options` are further server parameters.
    """
    settings = connections["default"].settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        # Only the options that libpq knows; the others are for Django.
        **{k: v for k, v in settings["OPTIONS"].items() if k in _OF_LIBPQ},
    }
    known = {name: value for name, value in given.items() if value}
    try:
        connection = await BoundedAsyncConnection.connect(
            **bounded(known, **options),
            autocommit=True,
            prepare_threshold=1,
        )
    except psycopg.OperationalError as error:
        outage_lines.lost(reason_of(error))
        raise
    outage_lines.back()
    connection.answer_timeout = timeouts().answer
    return connection


_OF_LIBPQ = {
    keyword.keyword.decode() for keyword in psycopg.pq.Conninfo.get_defaults()
} - {"application_name"}


class Database:
    """A pool of a few connections, which are opened again when they break."""

    def __init__(self, most: int = 4) -> None:
        self._slots = asyncio.Semaphore(most)
        self._idle: list[Connection] = []

    async def rows(
        self, query: str, values: Mapping[str, Any], patience: float = PATIENCE
    ) -> list[Row]:
        """Runs the query and returns its rows.

        Retries for `patience` seconds while the database is unreachable, then raises
        DatabaseAwayError.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                async with self._slots:
                    return await self._run(query, values)
            except AWAY as error:
                if time.monotonic() > deadline:
                    raise DatabaseAwayError from error
            await asyncio.sleep(PAUSE)

    async def _run(self, query: str, values: Mapping[str, Any]) -> list[Row]:
        # Only tickets and presence are written here; a crash may lose them.
        connection = (
            self._idle.pop() if self._idle else await connect(synchronous_commit="off")
        )
        try:
            cursor = await connection.execute(query.encode(), values)
            rows = await cursor.fetchall() if cursor.description else []
        except BaseException:
            await connection.close()
            raise
        self._idle.append(connection)
        return rows

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().close()
