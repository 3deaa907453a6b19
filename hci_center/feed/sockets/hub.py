"""The hub: hears of every change once and writes it to all sockets that may see it.

It subscribes to one group of the channel layer, which is the fast path only: what the
layer loses, or Redis cannot bring, is read from the feed's table, whose numbers have no
gap. So each change is taken exactly once and in order, whichever way it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Sequence
from typing import Any

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
from hci_center.feed.metrics import Metrics, exposition
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

logger = logging.getLogger(__name__)

# The truth is asked this often, in seconds, whatever the layer says.
POLL_EVERY = 0.25
# But what the layer has brought and is about to be told is not read once more and told
# ahead of its time; so often in a row. A gap in it shows when it is told.
MOST_SKIPPED = 4
CHECK_EVERY = 2.0

_HEAD = "SELECT seq, epoch FROM change_head"
_AFTER = (
    f"SELECT {COLUMNS} FROM change_feed WHERE seq > %(after)s ORDER BY seq LIMIT 1000"  # noqa: S608
)


class Hub:
    """The sockets of this process and what they are told."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.broadcaster = Broadcaster(self.metrics)
        self.database = Database()
        self.replay_store = ReplayStore(self.database)
        self.credentials = CredentialRegistry(self.database, self.release)
        self.ephemeral = EphemeralEvents(
            self.database, self.broadcaster.audiences, lambda: self.epoch
        )
        self.presence = Presence(self.database, self.ephemeral)
        self.replay_buffer = ReplayBuffer(0)
        self.epoch = ""
        # The cursor before the changes that are being told.
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
        """The cursor of what has been told."""
        return self.replay_buffer.last

    # Its life ------------------------------------------------------------------

    async def ready(self) -> None:
        """Returns when it knows where the feed stands; the first call starts it."""
        if self._begun is None:
            self._begun = asyncio.create_task(exit_on_failure(self._begin()))
        await asyncio.shield(self._begun)

    async def _begin(self) -> None:
        await self._repeat_until_read()
        for work in (
            self._subscription.listen(),
            self._fan_out(),
            self._poll(),
            self._check(),
            self.broadcaster.heartbeat(self._heartbeat),
            self.presence.keep(),
        ):
            # Kept: a task that nobody holds may be collected in mid-flight.
            self._tasks.append(asyncio.create_task(exit_on_failure(work)))
        # What was loaded stays: no collection need look through it while all wait.
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
        await self._feed_table.close()
        await self.database.close()

    # What arrives --------------------------------------------------------------

    def _arrive(self, epoch: str, changes: list[Change]) -> None:
        """By the layer. Another epoch is another database, or ours a moment before
        the row that says so: either way the table knows better."""
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
            # Of our own processor time: what others do to us must not slow us further. The
            # loop itself writes, after each slice; that is part of the work.
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
        """Takes all that the table has by now. Raises DatabaseAwayError."""
        told = self.last
        [(seq, epoch)] = await self._feed_table.rows(_HEAD, {}, patience=0)
        while self.last < seq:
            rows = await self._feed_table.rows(_AFTER, {"after": self.last}, patience=0)
            if not rows or rows[0][0] > self.last + 1:
                break
            changes = [Change(*row) for row in rows]
            self.metrics.changes_read += await self._accept_in_slices(changes)
        is_behind = self.last < seq
        is_other = self.last == seq and self.epoch != epoch
        if seq < told or is_behind or is_other:
            # Another database than before, or one put back in time.
            logger.warning("The feed begins anew at %d", seq)
            self.epoch = epoch
            self.replay_buffer = ReplayBuffer(seq)
            self._reset_all()

    async def _accept_in_slices(self, changes: list[Change]) -> int:
        """Takes them and lets the loop write in between, so that a socket is too slow
        for what it does not read, and not for what was not yet tried."""
        fresh = 0
        for part in slices(changes):
            fresh += self.accept(part)
            await asyncio.sleep(0)
        return fresh

    def accept(self, changes: list[Change]) -> int:
        """Tells what follows on the last change and passes over what was told;
        answers how many were new. A gap is left to the table."""
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

    # What goes out -------------------------------------------------------------

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
                for member in self.credentials.targets_of(change):
                    self.credentials.invalidate(member, is_void=change.who is None)
        try:
            self.broadcaster.broadcast(changes, self.last)
        except Exception as error:  # noqa: BLE001 - one change must not deafen all
            self._reset_concerned(changes, error)

    def _reset_concerned(self, changes: list[Change], error: Exception) -> None:
        """What cannot be told event by event is read anew by those whom it concerns."""
        subject = f"changes {changes[0].seq}-{changes[-1].seq}"
        self._background.start(report(self.database, "tell", error, subject))
        concerned = self.broadcaster.audiences.reached_by({c.manager for c in changes})
        self.broadcaster.broadcast_to(concerned, reset(self.last, self.epoch))

    def _reset_all(self) -> None:
        """Another epoch may be another database: all rights are read again, and all
        sockets are told to begin anew when theirs are known."""
        for member in self.credentials:
            self.credentials.invalidate(member, is_void=True)

    def _heartbeat(self) -> str:
        return heartbeat(self.last, self.epoch)

    def go_live(self, line: Connection, missed: Sequence[Change] = ()) -> None:
        """From here on it hears what comes after `last`; it was told all before, but
        for what it has missed just now."""
        caller = line.state.caller if line.state else None
        if caller is None or line.identity is None:
            return
        line.reset_due = False
        audience = self.broadcaster.add(line, caller, line.identity.base)
        for text in event_texts(audience.events_for(missed), self.last):
            line.transport.write(frame(text))
        line.transport.write(frame(self._heartbeat()))
        self._show_presence(line, caller.operator)

    def _show_presence(self, line: Connection, operator: int | None) -> None:
        before, line.present_as = line.present_as, operator
        if before is not None and before != operator:
            self.presence.disconnected(line, before)
        if operator is not None:
            self.presence.connected(line, operator)

    def hold(self, line: Connection) -> None:
        """A live socket hears nothing for a moment, and is remembered where."""
        self.broadcaster.remove(line)
        line.held_at = self._broadcast_from

    def release(self, line: Connection) -> None:
        """A held socket goes on: where it was held, if its rights turned out to be the
        same, else anew."""
        line.is_held = False
        missed = self.last - line.held_at
        if missed > MOST_EVENTS or not self.replay_buffer.covers(line.held_at):
            line.reset_due = True
        if line.reset_due:
            line.transport.write(frame(reset(self.last, self.epoch)))
            self.go_live(line)
        else:
            self.go_live(line, self.replay_buffer.after(line.held_at, missed))

    def leave(self, line: Connection) -> None:
        """The socket is gone."""
        self.broadcaster.remove(line)
        self._show_presence(line, None)
        if line.followed:
            self._background.start(self.ephemeral.forget(line))
        self.credentials.leave(line)

    def follow(self, line: Connection, sent: dict[str, Any]) -> None:
        """A client's word of what its person views or types to."""
        self._background.start(self.ephemeral.follow(line, sent))

    def report(self) -> bytes:
        """The metrics of this process in Prometheus's format."""
        return exposition(
            self.metrics,
            lambda: {
                "sockets": len(self.broadcaster),
                "audiences": len(self.broadcaster.audiences),
                "cursor": self.last,
            },
        )

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self.credentials.check()
                [pace] = await self.database.rows(BACKLOG, {}, patience=0)
            except DatabaseAwayError:
                continue
            self.metrics.waiting, _, self.metrics.numbered_per_second = pace[:3]
            self.metrics.checks += 1
