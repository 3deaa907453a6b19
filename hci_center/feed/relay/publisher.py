"""Publishes changes from the relay to the hubs; may fail at any time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from hci_center.database.faults import describe
from hci_center.database.outage_lines import outage_lines
from hci_center.feed.async_database import AWAY as DATABASE_AWAY
from hci_center.feed.async_database import connect
from hci_center.feed.channel_layer import AWAY, EPHEMERAL, publish
from hci_center.feed.relay.metrics import RelayMetrics

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
PAUSE = 0.5
# How long it listens between two checks of the connection, in seconds.
LISTENS_FOR = 30.0


class Publisher:
    """Publishes messages in order, separately so that numbering never waits for Redis.

    Messages that cannot be published are dropped; the hubs read the table.
    """

    def __init__(self) -> None:
        self.epoch = ""
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._is_away = False
        self.metrics = RelayMetrics()

    def put(self, message: dict[str, Any]) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(message)
        else:
            self.metrics.dropped += 1

    async def run(self) -> None:
        while True:
            message = await self._waiting.get()
            # Twice: the first attempt may use a connection that Redis closed earlier.
            try:
                is_published = await self._try(message) or await self._try(message)
            except Exception:
                # The message itself is at fault; the hubs read the table.
                logger.exception("A message of %s cannot be published", message["type"])
                continue
            if is_published:
                self.metrics.published += 1
                continue
            self.metrics.dropped += 1
            await asyncio.sleep(PAUSE)
            while not self._waiting.empty():
                self._waiting.get_nowait()
                self.metrics.dropped += 1

    async def _try(self, message: dict[str, Any]) -> bool:
        try:
            await publish(message)
        except AWAY as error:
            if not self._is_away:
                logger.warning(
                    "Redis is unavailable, the feed polls PostgreSQL: %s", error
                )
            self._is_away = True
            return False
        if self._is_away:
            logger.warning("Redis is back")
        self._is_away = False
        return True

    async def forward_ephemeral(self) -> None:
        """Publishes the ephemeral events that any process sends with `change_now`."""
        while True:
            try:
                await self._forward_ephemeral()
            except DATABASE_AWAY as error:
                text = describe(error)
                logger.log(
                    outage_lines.level, "change_now is not listened to: %s", text
                )
                await asyncio.sleep(PAUSE)

    async def _forward_ephemeral(self) -> None:
        connection = await connect()
        try:
            await connection.execute("LISTEN change_now")
            while True:
                async for notice in connection.notifies(timeout=LISTENS_FOR):
                    self._forward(notice.payload)
                # A query detects a server that is gone without closing the connection.
                await connection.execute("SELECT 1")
        finally:
            await connection.close()

    def _forward(self, payload: str) -> None:
        manager, _, text = payload.partition(" ")
        if not manager.isascii() or not manager.isdigit():
            logger.warning("A notification on change_now names no manager")
            return
        self.put(
            {
                "type": EPHEMERAL,
                "e": self.epoch,
                "by": "relay",
                "place": [int(manager), None, None],
                "text": text,
            }
        )
