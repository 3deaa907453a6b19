"""The relay's way to the hubs: the fast one, which may fail at any time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from hci_center.feed.database import AWAY as DATABASE_AWAY
from hci_center.feed.database import connect
from hci_center.feed.layer import AWAY, publish
from hci_center.feed.moments import MESSAGE

logger = logging.getLogger(__name__)

MOST_WAITING = 1000
PAUSE = 0.5


class Publisher:
    """Publishes in order and apart from the numbering, which never waits for Redis.

    What cannot be published is dropped: the hubs find it in the table.
    """

    def __init__(self) -> None:
        self.epoch = ""
        self._waiting: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._is_away = False

    def put(self, message: dict[str, Any]) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(message)

    async def run(self) -> None:
        while True:
            message = await self._waiting.get()
            # Twice: the first may meet a connection that Redis closed when it died.
            if not await self._try(message) and not await self._try(message):
                await asyncio.sleep(PAUSE)
                while not self._waiting.empty():
                    self._waiting.get_nowait()

    async def _try(self, message: dict[str, Any]) -> bool:
        try:
            await publish(message)
        except AWAY as error:
            if not self._is_away:
                logger.warning("Redis is away, the hubs poll: %s", error)
            self._is_away = True
            return False
        if self._is_away:
            logger.warning("Redis is back")
        self._is_away = False
        return True

    async def forward_moments(self) -> None:
        """Passes on what `change_now` tells, from whatever process."""
        while True:
            try:
                await self._forward_moments()
            except DATABASE_AWAY:
                await asyncio.sleep(PAUSE)

    async def _forward_moments(self) -> None:
        connection = await connect()
        try:
            await connection.execute("LISTEN change_now")
            async for notice in connection.notifies():
                manager, _, text = notice.payload.partition(" ")
                self.put(
                    {
                        "type": MESSAGE,
                        "e": self.epoch,
                        "by": "relay",
                        "place": [int(manager), None, None],
                        "text": text,
                    }
                )
        finally:
            await connection.close()
