"""The channel layer: one group, used by the relay and all hubs."""

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
# A larger batch is announced without its rows; the hubs read it from the table.
MOST_CHARACTERS = 256 * 1024
AWAY = (RedisError, OSError, asyncio.TimeoutError)
_PAUSE = 2.0
# This many unreadable messages in a row mean that the channel itself is broken.
MOST_FAILURES = 100


def rows_message(epoch: str, changes: list[Change]) -> dict[str, Any]:
    """Returns the message for a batch of changes, without rows if it is too large."""
    size = sum(len(change.ev or "") for change in changes)
    rows = [list(change) for change in changes] if size <= MOST_CHARACTERS else []
    return {"type": "feed.rows", "e": epoch, "rows": rows}


async def publish(message: dict[str, Any]) -> None:
    """Sends the message to every hub.

    Raises one of AWAY within half a second when Redis is unreachable.
    """
    layer = get_channel_layer("publish")
    if layer is not None:
        await layer.group_send(GROUP, message)


class Subscription:
    """The channel of a hub.

    `arrive` is called with the epoch and changes of each batch, and the handlers in
    `others` with the messages of other types.
    """

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
                # From another version, or from another program on a shared Redis. The
                # changes themselves are read from the table.
                logger.exception("A message of the channel layer could not be read")
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
        """Joins the group once Redis answers; later the layer reconnects by itself."""
        while True:
            try:
                channel: str = await layer.new_channel()
                await layer.group_add(GROUP, channel)
            except AWAY:
                await asyncio.sleep(_PAUSE)
                continue
            return channel
