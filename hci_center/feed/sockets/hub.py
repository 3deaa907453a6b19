"""The hub: receives every change once and writes it to all sockets that may see it.

It subscribes to one group of the channel layer, which is only the fast path: changes
that are lost there are read from the feed's table, whose numbers have no gaps. So each
change is processed exactly once and in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from chats.rules.backlog import STATEMENT as TASKS_DUE
from chats.rules.backlog import Due
from hci_center.feed.async_database import PAUSE, Database
from hci_center.feed.channel_layer import EPHEMERAL, Subscription
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import (
    COLUMNS,
    MOST_EVENTS,
    Change,
    event_texts,
    frame,
    heartbeat,
    reset,
    slices,
)
from hci_center.feed.metrics import FeedCollector, Metrics
from hci_center.feed.readiness import BACKLOG
from hci_center.feed.reporting import report
from hci_center.feed.sockets.background import BackgroundTasks, exit_on_failure
from hci_center.feed.sockets.broadcaster import Broadcaster
from hci_center.feed.sockets.connection import Connection
from hci_center.feed.sockets.credentials import CredentialRegistry
from hci_center.feed.sockets.ephemeral import EphemeralEvents
from hci_center.feed.sockets.fanout import fanout_delay
from hci_center.feed.sockets.presence import Presence
from hci_center.feed.sockets.replay_buffer import ReplayBuffer
from hci_center.feed.sockets.replay_store import ReplayStore
from hci_center.feed.sockets.socket_counts import SocketCounts
from hci_center.feed.sockets.socket_log import SocketLog
from hci_center.metrics.exposition import exposition

logger = logging.getLogger(__name__)

# The table is read this often, in seconds, whatever the layer delivers.
POLL_EVERY = 0.25
# A read is skipped while changes of the layer wait to be sent, at most this many times
# in a row, so that they are not read a second time. Gaps are detected as they are sent.
MOST_SKIPPED = 4
CHECK_EVERY = 2.0

_HEAD = "SELECT seq, epoch FROM change_head"
_AFTER = (
    f"SELECT {COLUMNS} FROM change_feed WHERE seq > %(after)s ORDER BY seq LIMIT 1000"  # noqa: S608
)


class Hub:
    """The sockets of this process and the changes sent to them."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.broadcaster = Broadcaster(self.metrics)
        self.database = Database()
        self.replay_store = ReplayStore(self.database)
        self.credentials = CredentialRegistry(self.database, self.resume)
        self.ephemeral = EphemeralEvents(
            self.database, self.broadcaster.audiences, lambda: self.epoch
        )
        self.presence = Presence(self.database, self.ephemeral)
        self.socket_counts = SocketCounts(self.database, self.credentials.people)
        self.log = SocketLog()
        self.replay_buffer = ReplayBuffer(0)
        self.epoch = ""
        # The cursor before the changes that are being sent.
        self._broadcast_from = 0
        self._feed_table = Database(1)
        self._subscription = Subscription(self._arrive)
        self._subscription.others[EPHEMERAL] = self.ephemeral.receive
        self._inbox: list[Change] = []
        self._arrived = asyncio.Event()
        self._gap = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._background = BackgroundTasks()
        self._begun: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        """The cursor after the latest change that was sent."""
        return self.replay_buffer.last

    # Start and stop ------------------------------------------------------------

    async def ready(self) -> None:
        """Returns when the feed's cursor is known; the first call starts the hub."""
        if self._begun is None:
            self._begun = asyncio.create_task(exit_on_failure(self._begin()))
        await asyncio.shield(self._begun)

    async def _begin(self) -> None:
        await self._repeat_until_read()
        for loop in (
            self._subscription.listen(),
            self._fan_out(),
            self._poll(),
            self._check(),
            self.broadcaster.heartbeat(self._heartbeat),
            self.presence.keep(),
            self.socket_counts.keep(),
        ):
            # asyncio keeps only weak references: an unreferenced task may be collected.
            self._tasks.append(asyncio.create_task(exit_on_failure(loop)))
        # Loaded modules stay in memory; freezing them makes collections shorter.
        gc.collect()
        gc.freeze()

    async def _repeat_until_read(self) -> None:
        while True:
            try:
                [(seq, self.epoch)] = await self._feed_table.rows(_HEAD, {})
            except DatabaseAwayError:
                continue
            self.replay_buffer = ReplayBuffer(seq)
            return

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.presence.leave()
        await self.socket_counts.leave()
        await self._feed_table.close()
        await self.database.close()

    # Receiving -----------------------------------------------------------------

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
            took = self.metrics.fan_out_seconds = time.thread_time() - started
            await asyncio.sleep(fanout_delay(took, followed=followed))

    async def _poll(self) -> None:
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
            self.metrics.changes_read += await self._accept_in_slices(changes)
        is_behind = self.last < seq
        is_other = self.last == seq and self.epoch != epoch
        if seq < last_sent or is_behind or is_other:
            # Another database, or one restored from a backup.
            logger.warning("The feed restarts at change %d", seq)
            self.epoch = epoch
            self.replay_buffer = ReplayBuffer(seq)
            self._reset_all()

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
                self.metrics.gaps += 1
                self._gap.set()
                break
        if fresh:
            self._broadcast(fresh)
        return len(fresh)

    # Sending -------------------------------------------------------------------

    def _broadcast(self, changes: list[Change]) -> None:
        self._broadcast_from = self.last
        self.replay_buffer.add(changes)
        self.metrics.changes += len(changes)
        epochs = [change.ev for change in changes if change.kind == "epoch"]
        if epochs:
            self.epoch = epochs[-1] or ""
            self._reset_all()
            return
        for change in changes:
            if change.kind == "reset":
                for state in self.credentials.targets_of(change):
                    self.credentials.invalidate(state, is_void=change.who is None)
        try:
            self.broadcaster.broadcast(changes, self.last)
        except Exception as error:  # noqa: BLE001 - one change must not stop all
            self._reset_concerned(changes, error)

    def _reset_concerned(self, changes: list[Change], error: Exception) -> None:
        """Sends a reset instead of changes that could not be sent."""
        subject = f"changes {changes[0].seq}-{changes[-1].seq}"
        self._background.start(report(self.database, "tell", error, subject))
        concerned = self.broadcaster.audiences.reached_by({c.manager for c in changes})
        self.broadcaster.broadcast_to(concerned, reset(self.last, self.epoch))

    def _reset_all(self) -> None:
        """Reads all rights again and sends a reset to all sockets.

        Needed for a new epoch, which may be another database.
        """
        for state in self.credentials:
            self.credentials.invalidate(state, is_void=True)

    def _heartbeat(self) -> str:
        return heartbeat(self.last, self.epoch)

    def go_live(self, connection: Connection, missed: Sequence[Change] = ()) -> None:
        """Makes the connection live: from now on it gets the changes after `last`.

        `missed` are earlier changes that it has not got yet.
        """
        caller = connection.state.caller if connection.state else None
        if caller is None or connection.identity is None:
            return
        connection.reset_due = False
        audience = self.broadcaster.add(connection, caller, connection.identity.base)
        for text in event_texts(audience.events_for(missed), self.last):
            connection.transport.write(frame(text))
        connection.transport.write(frame(self._heartbeat()))
        self._show_presence(connection, caller.operator)

    def _show_presence(self, connection: Connection, operator: int | None) -> None:
        before, connection.present_as = connection.present_as, operator
        if before is not None and before != operator:
            self.presence.disconnected(connection, before)
        if operator is not None:
            self.presence.connected(connection, operator)

    def pause(self, connection: Connection) -> None:
        """Pauses a live connection and stores its cursor."""
        self.broadcaster.remove(connection)
        connection.paused_at = self._broadcast_from

    def resume(self, connection: Connection) -> None:
        """Resumes a paused connection at its cursor, or with a reset.

        A reset is sent when its data is void or too many changes were missed.
        """
        connection.is_paused = False
        missed = self.last - connection.paused_at
        if missed > MOST_EVENTS or not self.replay_buffer.covers(connection.paused_at):
            connection.reset_due = True
        if connection.reset_due:
            connection.transport.write(frame(reset(self.last, self.epoch)))
            self.go_live(connection)
        else:
            self.go_live(
                connection, self.replay_buffer.after(connection.paused_at, missed)
            )

    async def has_room(self, connection: Connection) -> bool:
        """Whether the person has no more sockets than allowed; True for a key."""
        state = connection.state
        if state is None or not state.is_person:
            return True
        limit: int = settings.FEED_SOCKETS_EACH
        here = len(state.connections)
        if here > limit:
            return False
        return await self.socket_counts.everywhere(state.credential, here) <= limit

    def leave(self, connection: Connection) -> None:
        """Removes a closed connection."""
        self.broadcaster.remove(connection)
        self._show_presence(connection, None)
        if connection.followed:
            self._background.start(self.ephemeral.forget(connection))
        state = connection.state
        self.log.closed(connection)
        self.credentials.leave(connection)
        if state is not None and state.is_person:
            self.socket_counts.changed(state.credential)

    def follow(self, connection: Connection, sent: dict[str, Any]) -> None:
        """Starts the handling of a `viewing` or `typing` frame."""
        if self.ephemeral.take(connection, sent):
            self._background.start(self.ephemeral.follow_all(connection))

    def report(self) -> bytes:
        """The metrics of this process in Prometheus's format."""
        return exposition(
            FeedCollector(
                self.metrics,
                lambda: {
                    "sockets": len(self.broadcaster),
                    "audiences": len(self.broadcaster.audiences),
                    "cursor": self.last,
                },
            )
        )

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self.credentials.check()
                [pace] = await self.database.rows(BACKLOG, {}, patience=0)
                due = await self.database.rows(TASKS_DUE, {}, patience=0)
            except DatabaseAwayError:
                continue
            self.metrics.waiting, _, self.metrics.numbered_per_second = pace[:3]
            self.metrics.tasks_due = [Due(*row) for row in due]
            self.metrics.checks += 1
