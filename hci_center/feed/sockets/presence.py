"""Presence: which operators are connected, sent as events and stored for REST.

The table has a row per operator and process, so that an operator who moves between
processes does not appear to have left; the rows of a process that dies expire. The
functions of `areas/sql/` write it together with the history of presence.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from areas.presence import LASTS, PresenceChange
from hci_center.feed.async_database import Database, Row
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.reporting import report

if TYPE_CHECKING:
    from hci_center.feed.sockets.connection import Connection
    from hci_center.feed.sockets.ephemeral import EphemeralEvents

logger = logging.getLogger(__name__)

REFRESH_EVERY = 20.0
# Seconds without a socket that do not count as absence, such as a page reload.
GRACE = 3.0

# All but the second return the changes of presence.
_ARRIVE = (
    "SELECT * FROM presence_arrive(%(process)s, %(operators)s::bigint[], %(lasts)s)"
)
_RENEW = "SELECT * FROM presence_renew(%(process)s, %(operators)s::bigint[], %(lasts)s)"
_DEPART = (
    "SELECT * FROM presence_depart(%(process)s, %(operators)s::bigint[], %(lasts)s)"
)
_EXPIRE = "SELECT * FROM presence_expire(%(lasts)s)"


class Presence:
    """The operators with a live socket in this process."""

    def __init__(self, database: Database, ephemeral: EphemeralEvents) -> None:
        self._database = database
        self._ephemeral = ephemeral
        self._process = uuid4().hex
        self._here: dict[int, set[Connection]] = {}
        self._left: dict[int, float] = {}
        self._known: set[int] = set()
        self._refreshed = 0.0
        self._changed = asyncio.Event()

    def connected(self, connection: Connection, operator: int) -> None:
        self._here.setdefault(operator, set()).add(connection)
        self._left.pop(operator, None)
        self._changed.set()

    def disconnected(self, connection: Connection, operator: int) -> None:
        connections = self._here.get(operator, set())
        connections.discard(connection)
        if not connections and self._here.pop(operator, None) is not None:
            self._left[operator] = time.monotonic()

    async def keep(self) -> None:
        """Stores and sends changes of presence until it is cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1.0)
            self._changed.clear()
            try:
                await self._publish_changes()
            except DatabaseAwayError:
                await asyncio.sleep(1.0)
            except psycopg.Error as error:
                # For example, the operator is deleted at the same time.
                await report(self._database, "presence", error)
                await asyncio.sleep(1.0)

    async def _publish_changes(self) -> None:
        now = time.monotonic()
        is_due = now - self._refreshed > REFRESH_EVERY
        arrived = set(self._here) - self._known
        gone = {operator for operator, at in self._left.items() if now - at > GRACE}
        if is_due:
            lapsed = await self._run(_RENEW, set(self._here) & self._known)
            arrived |= {operator for (operator,) in lapsed} & set(self._here)
        if arrived:
            await self._publish(_ARRIVE, arrived)
            self._known |= arrived
        if gone:
            await self._publish(_DEPART, gone)
            self._known -= gone
            for operator in gone:
                self._left.pop(operator, None)
        if is_due:
            await self._publish(_EXPIRE, set())
            self._refreshed = now

    async def leave(self) -> None:
        """Removes the operators of this process, which is about to end."""
        try:
            await self._publish(_DEPART, self._known)
        except DatabaseAwayError:
            logger.info("The presence of this process's operators expires by itself")

    async def _publish(self, query: str, operators: set[int]) -> None:
        """Runs the query and sends the changes that it returns."""
        for row in await self._run(query, operators):
            change = PresenceChange(*row)
            location = (change.manager_id, None, None)
            await self._ephemeral.publish(location, change.frame())

    async def _run(self, query: str, operators: set[int]) -> list[Row]:
        values = {
            "process": self._process,
            "operators": list(operators),
            "lasts": LASTS,
        }
        return await self._database.rows(query, values, patience=0)
