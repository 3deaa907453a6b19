"""The live sockets of a process, and writing to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from hci_center.callers import Caller
from hci_center.feed.frames import Change, EventText, event_texts, frame
from hci_center.feed.metrics import Metrics
from hci_center.feed.sockets.audiences import Audience, Audiences
from hci_center.feed.sockets.connection import Connection

HEARTBEAT_EVERY = 20.0
# Heartbeats are spread over this many steps, so that 10,000 do not block the loop.
SLOTS = 200
# A live socket with more unsent bytes than this is too slow.
LIVE_LIMIT = 2**20


class Broadcaster:
    """Writes changes and heartbeats to the live sockets.

    Sockets are added when they have caught up, and removed when they close or their
    rights must be read again.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.audiences = Audiences()
        self._metrics = metrics
        self._slots: list[set[Connection]] = [set() for _ in range(SLOTS)]
        self._next_slot = 0

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, connection: Connection, caller: Caller, base: str) -> Audience:
        connection.transport.set_high_water(LIVE_LIMIT)
        connection.audience = self.audiences.join(
            connection, connection.transport.write, caller, base, connection.also
        )
        connection.slot = self._next_slot = (self._next_slot + 1) % SLOTS
        self._slots[connection.slot].add(connection)
        return connection.audience

    def remove(self, connection: Connection) -> None:
        if connection.audience is not None:
            self.audiences.leave(connection, connection.audience)
            connection.audience = None
            self._slots[connection.slot].discard(connection)

    def broadcast(self, changes: Iterable[Change], cursor: int) -> None:
        """Writes to each socket the changes that it may see."""
        managers = {change.manager for change in changes}
        # Audiences often get the same events: encoding them once also keeps the bytes
        # in the processor's cache while they are copied a thousand times.
        frames: dict[tuple[EventText, ...], list[bytes]] = {(): []}
        for audience in self.audiences.reached_by(managers):
            events = tuple(audience.events_for(changes))
            if events not in frames:
                frames[events] = [frame(text) for text in event_texts(events, cursor)]
            writers = audience.writers.values()
            for data in frames[events]:
                self._metrics.frames += len(writers)
                self._metrics.bytes += len(writers) * len(data)
                for write in writers:
                    write(data)

    def broadcast_to(self, audiences: Iterable[Audience], text: str) -> None:
        """Writes the same text to every socket of these audiences."""
        for audience in audiences:
            self._write(audience.writers, text)

    async def heartbeat(self, text: Callable[[], str]) -> None:
        """Writes the current heartbeat to each socket every 20 s."""
        while True:
            for slot in self._slots:
                await asyncio.sleep(HEARTBEAT_EVERY / SLOTS)
                self._write(slot, text())

    def _write(self, connections: Iterable[Connection], text: str) -> None:
        data = frame(text)
        for connection in connections:
            connection.transport.write(data)
