"""Receives every change once and in order.

The channel layer is only the fast path: changes that are lost there are read from the
feed's table, whose numbers have no gaps.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine

from hci_center.feed.async_database import PAUSE, Database
from hci_center.feed.channel_layer import Subscription
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import COLUMNS, Change, slices
from hci_center.feed.metrics import Metrics
from hci_center.feed.sockets.fanout import fanout_delay
from hci_center.feed.sockets.replay_buffer import ReplayBuffer

logger = logging.getLogger(__name__)

# The table is read this often, in seconds, whatever the layer delivers.
POLL_EVERY = 0.25
# A read is skipped while changes of the layer wait to be sent, at most this many times
# in a row, so that they are not read a second time. Gaps are detected as they are sent.
MOST_SKIPPED = 4

_HEAD = "SELECT seq, epoch FROM change_head"
_AFTER = (
    f"SELECT {COLUMNS} FROM change_feed WHERE seq > %(after)s ORDER BY seq LIMIT 1000"  # noqa: S608
)


class ChangeReceiver:
    """The changes received so far; `broadcast` is called with the next ones.

    `restart` is called instead for a new epoch, which may be another database.
    """

    def __init__(
        self,
        metrics: Metrics,
        broadcast: Callable[[list[Change]], None],
        restart: Callable[[], None],
    ) -> None:
        self.epoch = ""
        self.replay_buffer = ReplayBuffer(0)
        # The cursor before the changes that are being sent.
        self.broadcast_from = 0
        self.subscription = Subscription(self._arrive)
        self._metrics, self._broadcast, self._restart = metrics, broadcast, restart
        self._feed_table = Database(1)
        self._inbox: list[Change] = []
        self._arrived = asyncio.Event()
        self._gap = asyncio.Event()

    @property
    def last(self) -> int:
        """The cursor after the latest change that was sent."""
        return self.replay_buffer.last

    async def begin(self) -> None:
        """Reads the feed's cursor, repeatedly until the database responds."""
        while True:
            try:
                [(seq, self.epoch)] = await self._feed_table.rows(_HEAD, {})
            except DatabaseAwayError:
                continue
            self.replay_buffer = ReplayBuffer(seq)
            return

    def loops(self) -> tuple[Coroutine[None, None, None], ...]:
        """Returns the coroutines that receive changes without end."""
        return self.subscription.listen(), self._fan_out(), self.poll()

    async def close(self) -> None:
        await self._feed_table.close()

    def _arrive(self, epoch: str, changes: list[Change]) -> None:
        """Queues a batch of the layer.

        A different epoch means another database, or a new epoch whose row has not
        arrived yet; in both cases the table is read instead.
        """
        if epoch == self.epoch and changes:
            self._inbox += changes
            self._arrived.set()
        else:
            self._gap.set()

    async def _fan_out(self) -> None:
        while True:
            followed = self._arrived.is_set()
            await self._arrived.wait()
            self._arrived.clear()
            # Processor time of this thread, so that other processes do not lengthen the
            # pause. It includes the writes of the event loop after each slice.
            started = time.thread_time()
            changes, self._inbox = self._inbox, []
            await self._accept_in_slices(changes)
            took = self._metrics.fan_out_seconds = time.thread_time() - started
            await asyncio.sleep(fanout_delay(took, followed=followed))

    async def poll(self) -> None:
        """Reads the table now and then, and at once after a gap."""
        while True:
            try:
                await self.refresh()
            except DatabaseAwayError:
                await asyncio.sleep(PAUSE)
                continue
            for _ in range(MOST_SKIPPED):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gap.wait(), POLL_EVERY)
                if self._gap.is_set() or not self._inbox:
                    break
            self._gap.clear()

    async def refresh(self) -> None:
        """Processes all changes now in the table. Raises DatabaseAwayError."""
        last_sent = self.last
        [(seq, epoch)] = await self._feed_table.rows(_HEAD, {}, patience=0)
        while self.last < seq:
            rows = await self._feed_table.rows(_AFTER, {"after": self.last}, patience=0)
            if not rows or rows[0][0] > self.last + 1:
                break
            changes = [Change(*row) for row in rows]
            self._metrics.changes_read += await self._accept_in_slices(changes)
        is_behind = self.last < seq
        is_other = self.last == seq and self.epoch != epoch
        if seq < last_sent or is_behind or is_other:
            # Another database, or one restored from a backup.
            logger.warning("The feed restarts at change %d", seq)
            self.epoch = epoch
            self.replay_buffer = ReplayBuffer(seq)
            self._restart()

    async def _accept_in_slices(self, changes: list[Change]) -> int:
        """Processes the changes in slices and returns how many were new.

        The event loop writes in between, so that sockets count as slow only for data
        that they do not read, not for data that was not written yet.
        """
        fresh = 0
        for part in slices(changes):
            fresh += self.accept(part)
            await asyncio.sleep(0)
        return fresh

    def accept(self, changes: list[Change]) -> int:
        """Sends the changes that follow the last one and returns how many were new.

        Changes that were sent already are skipped; after a gap, the table is read.
        """
        fresh: list[Change] = []
        expected = self.last + 1
        for change in changes:
            if change.seq == expected:
                fresh.append(change)
                expected += 1
            elif change.seq > expected:
                self._metrics.gaps += 1
                self._gap.set()
                break
        if fresh:
            self._send(fresh)
        return len(fresh)

    def _send(self, changes: list[Change]) -> None:
        self.broadcast_from = self.last
        self.replay_buffer.add(changes)
        self._metrics.changes += len(changes)
        epochs = [change.ev for change in changes if change.kind == "epoch"]
        if epochs:
            self.epoch = epochs[-1] or ""
            self._restart()
        else:
            self._broadcast(changes)
