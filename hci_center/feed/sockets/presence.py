"""Presence: which operators are connected, sent as events and stored for REST.

The table has a row per operator and process, so that an operator who moves between
processes does not appear to have left; the rows of a process that dies expire.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg

from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.reporting import report

if TYPE_CHECKING:
    from hci_center.feed.sockets.connection import Connection
    from hci_center.feed.sockets.ephemeral import EphemeralEvents

logger = logging.getLogger(__name__)

REFRESH_EVERY = 20.0
# Without a refresh an operator is offline after this many seconds.
LASTS = 60
# Seconds without a socket that do not count as absence, such as a page reload.
GRACE = 3.0

# Both return the operators, with their managers, whose presence changed.
_COME = """
WITH before AS (
  SELECT operator_id FROM areas_presence WHERE online_until > now()
), here AS (
  INSERT INTO areas_presence (operator_id, process, online_until)
  SELECT o.id, %(process)s, now() + make_interval(secs => %(lasts)s)
    FROM areas_operator o WHERE o.id = ANY (%(operators)s::bigint[])
  ON CONFLICT (operator_id, process) DO UPDATE SET online_until = excluded.online_until
  RETURNING operator_id
)
SELECT o.id, o.manager_id FROM here JOIN areas_operator o ON o.id = here.operator_id
 WHERE o.id NOT IN (SELECT operator_id FROM before)
"""
_GO = """
WITH gone AS (
  DELETE FROM areas_presence
   WHERE (process = %(process)s AND operator_id = ANY (%(operators)s::bigint[]))
      OR online_until <= now()
  RETURNING id, operator_id
)
SELECT DISTINCT o.id, o.manager_id
  FROM gone JOIN areas_operator o ON o.id = gone.operator_id
 WHERE NOT EXISTS (SELECT FROM areas_presence p
                    WHERE p.operator_id = o.id AND p.online_until > now()
                      AND p.id NOT IN (SELECT id FROM gone))
"""


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
        arrived = set(self._here) if is_due else set(self._here) - self._known
        gone = {operator for operator, at in self._left.items() if now - at > GRACE}
        if arrived:
            await self._write(_COME, arrived, online=True)
            self._known |= arrived
        if gone or is_due:
            await self._write(_GO, gone, online=False)
            self._known -= gone
            for operator in gone:
                self._left.pop(operator, None)
        if is_due:
            self._refreshed = now

    async def leave(self) -> None:
        """Removes the operators of this process, which is about to end."""
        try:
            await self._write(_GO, self._known, online=False)
        except DatabaseAwayError:
            logger.info("The presence of this process's operators expires by itself")

    async def _write(self, query: str, operators: set[int], *, online: bool) -> None:
        values = {
            "process": self._process,
            "operators": list(operators),
            "lasts": LASTS,
        }
        for operator, manager in await self._database.rows(query, values, patience=0):
            payload = {"k": "presence", "id": str(operator), "online": online}
            await self._ephemeral.publish((manager, None, None), payload)
