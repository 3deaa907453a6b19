"""The channel layer: one group, from the relay to every hub and between the hubs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from hci_center.feed.frames import Change

logger = logging.getLogger(__name__)

GROUP = "feed"
# The type of messages that carry an ephemeral event.
EPHEMERAL = "feed.now"
# A message over this many characters says only that there is something.
MOST_CHARACTERS = 256 * 1024
AWAY = (RedisError, OSError, asyncio.TimeoutError)
_PAUSE = 2.0
# So many unreadable messages in a row are no message's fault but the channel's.
MOST_FAILURES = 100


def rows_message(epoch: str, changes: list[Change]) -> dict[str, Any]:
    """A batch of the sequence, or only word of it when it is a large one."""
    size = sum(len(change.ev or "") for change in changes)
    rows = [list(change) for change in changes] if size <= MOST_CHARACTERS else []
    return {"type": "feed.rows", "e": epoch, "rows": rows}


async def publish(message: dict[str, Any]) -> None:
    """To every hub. Raises one of AWAY within half a second when Redis is away."""
    layer = get_channel_layer("publish")
    if layer is not None:
        await layer.group_send(GROUP, message)


class Subscription:
    """A hub's only channel. `arrive` gets the epoch and the changes of each batch, a
    handler in `others` every other message by its type."""

    def __init__(self, arrive: Callable[[str, list[Change]], None]) -> None:
        self._arrive = arrive
        self.others: dict[str, Callable[[dict[str, Any]], None]] = {}

    async def listen(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await self._subscribe(layer)
        failures = 0
        while True:
            try:
                self._dispatch(await layer.receive(channel))
                failures = 0
            except Exception:
                # Of another version, or another's on a shared Redis: the table knows.
                logger.exception("A message of the layer could not be read")
                failures += 1
                if failures == MOST_FAILURES:
                    raise

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] == "feed.rows":
            changes = [Change(*row) for row in message["rows"]]
            self._arrive(message["e"], changes)
        elif message["type"] in self.others:
            self.others[message["type"]](message)

    async def _subscribe(self, layer: Any) -> str:
        """Once Redis answers; after that the layer itself comes back to it."""
        while True:
            try:
                channel: str = await layer.new_channel()
                await layer.group_add(GROUP, channel)
            except AWAY:
                await asyncio.sleep(_PAUSE)
                continue
            return channel
