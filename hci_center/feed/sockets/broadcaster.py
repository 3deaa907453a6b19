"""The live sockets of a process: who they are, and the writing to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from hci_center.callers import Caller
from hci_center.feed.frames import Change, EventText, event_texts, frame
from hci_center.feed.metrics import Metrics
from hci_center.feed.sockets.audiences import Audience, Audiences
from hci_center.feed.sockets.connection import Connection

HEARTBEAT_EVERY = 20.0
# Heartbeats are spread over so many moments, so that 10,000 are no stall.
SLOTS = 200
# Unsent bytes of a live socket, beyond which it is too slow.
LIVE_LIMIT = 2**20


class Broadcaster:
    """Sockets are put on it when they are caught up, and taken off when they end or
    their rights are in question."""

    def __init__(self, metrics: Metrics) -> None:
        self.audiences = Audiences()
        self._metrics = metrics
        self._slots: list[set[Connection]] = [set() for _ in range(SLOTS)]
        self._next_slot = 0

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, line: Connection, caller: Caller, base: str) -> Audience:
        line.transport.set_high_water(LIVE_LIMIT)
        line.audience = self.audiences.join(line, line.transport.write, caller, base)
        line.slot = self._next_slot = (self._next_slot + 1) % SLOTS
        self._slots[line.slot].add(line)
        return line.audience

    def remove(self, line: Connection) -> None:
        if line.audience is not None:
            self.audiences.leave(line, line.audience)
            line.audience = None
            self._slots[line.slot].discard(line)

    def broadcast(self, changes: Iterable[Change], cursor: int) -> None:
        """Writes to each socket what it may see of the changes."""
        managers = {change.manager for change in changes}
        # Other rights seldom make another text: the same bytes, made once, also stay
        # near the processor while they are copied a thousand times.
        made: dict[tuple[EventText, ...], list[bytes]] = {(): []}
        for audience in self.audiences.reached_by(managers):
            told = tuple(audience.events_for(changes))
            if told not in made:
                made[told] = [frame(text) for text in event_texts(told, cursor)]
            writers = audience.writers.values()
            for data in made[told]:
                self._metrics.frames += len(writers)
                self._metrics.bytes += len(writers) * len(data)
                for write in writers:
                    write(data)

    def broadcast_to(self, audiences: Iterable[Audience], text: str) -> None:
        """The same to every socket of these audiences."""
        for audience in audiences:
            self._write(audience.writers, text)

    async def heartbeat(self, text: Callable[[], str]) -> None:
        """Writes the heartbeat of the moment to each socket, every 20 s."""
        while True:
            for slot in self._slots:
                await asyncio.sleep(HEARTBEAT_EVERY / SLOTS)
                self._write(slot, text())

    def _write(self, lines: Iterable[Connection], text: str) -> None:
        data = frame(text)
        for line in lines:
            line.transport.write(data)
