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
from hci_center.feed.channel_layer import Subscription
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
from hci_center.feed.sockets.background import Errands, guarded
from hci_center.feed.sockets.broadcaster import Air
from hci_center.feed.sockets.connection import Line
from hci_center.feed.sockets.credentials import Members
from hci_center.feed.sockets.ephemeral import MESSAGE as MOMENT
from hci_center.feed.sockets.ephemeral import Moments
from hci_center.feed.sockets.fanout import rest_after
from hci_center.feed.sockets.presence import Presence
from hci_center.feed.sockets.replay_buffer import Recent
from hci_center.feed.sockets.replay_store import History

logger = logging.getLogger(__name__)

# The truth is asked this often, in seconds, whatever the layer says.
POLL_EVERY = 0.25
# But what the layer has brought and is about to be told is not read once more and told
# ahead of its time; so often in a row. A gap in it shows when it is told.
MOST_PASSED_OVER = 4
CHECK_EVERY = 2.0

_HEAD = "SELECT seq, epoch FROM change_head"
_AFTER = (
    f"SELECT {COLUMNS} FROM change_feed WHERE seq > %(after)s ORDER BY seq LIMIT 1000"  # noqa: S608
)


class Hub:
    """The sockets of this process and what they are told."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.air = Air(self.metrics)
        self.database = Database()
        self.history = History(self.database)
        self.members = Members(self.database, self.release)
        self.moments = Moments(self.database, self.air.audiences, lambda: self.epoch)
        self.presence = Presence(self.database, self.moments)
        self.recent = Recent(0)
        self.epoch = ""
        # The cursor before the changes that are being told.
        self._told = 0
        self._truth = Database(1)
        self._subscription = Subscription(self._arrive)
        self._subscription.others[MOMENT] = self.moments.heard
        self._inbox: list[Change] = []
        self._arrived = asyncio.Event()
        self._gap = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._errands = Errands()
        self._begun: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        """The cursor of what has been told."""
        return self.recent.last

    # Its life ------------------------------------------------------------------

    async def ready(self) -> None:
        """Returns when it knows where the feed stands; the first call starts it."""
        if self._begun is None:
            self._begun = asyncio.create_task(guarded(self._begin()))
        await asyncio.shield(self._begun)

    async def _begin(self) -> None:
        await self._repeat_until_read()
        for work in (
            self._subscription.listen(),
            self._fan_out(),
            self._poll(),
            self._check(),
            self.air.beat(self._heartbeat),
            self.presence.keep(),
        ):
            # Kept: a task that nobody holds may be collected in mid-flight.
            self._tasks.append(asyncio.create_task(guarded(work)))
        # What was loaded stays: no collection need look through it while all wait.
        gc.collect()
        gc.freeze()

    async def _repeat_until_read(self) -> None:
        while True:
            try:
                [(seq, self.epoch)] = await self._truth.rows(_HEAD, {})
            except DatabaseAwayError:
                continue
            self.recent = Recent(seq)
            return

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.presence.leave()
        await self._truth.close()
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
            await self._take_in_slices(changes)
            took = self.metrics.fan_out_seconds = time.thread_time() - started
            await asyncio.sleep(rest_after(took, followed=followed))

    async def _poll(self) -> None:
        while True:
            try:
                await self.refresh()
            except DatabaseAwayError:
                await asyncio.sleep(PAUSE)
                continue
            for _ in range(MOST_PASSED_OVER):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gap.wait(), POLL_EVERY)
                if self._gap.is_set() or not self._inbox:
                    break
            self._gap.clear()

    async def refresh(self) -> None:
        """Takes all that the table has by now. Raises DatabaseAwayError."""
        told = self.last
        [(seq, epoch)] = await self._truth.rows(_HEAD, {}, patience=0)
        while self.last < seq:
            rows = await self._truth.rows(_AFTER, {"after": self.last}, patience=0)
            if not rows or rows[0][0] > self.last + 1:
                break
            changes = [Change(*row) for row in rows]
            self.metrics.changes_read += await self._take_in_slices(changes)
        is_behind = self.last < seq
        is_other = self.last == seq and self.epoch != epoch
        if seq < told or is_behind or is_other:
            # Another database than before, or one put back in time.
            logger.warning("The feed begins anew at %d", seq)
            self.epoch = epoch
            self.recent = Recent(seq)
            self._reset_all()

    async def _take_in_slices(self, changes: list[Change]) -> int:
        """Takes them and lets the loop write in between, so that a socket is too slow
        for what it does not read, and not for what was not yet tried."""
        fresh = 0
        for part in slices(changes):
            fresh += self.take(part)
            await asyncio.sleep(0)
        return fresh

    def take(self, changes: list[Change]) -> int:
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
            self._tell(fresh)
        return len(fresh)

    # What goes out -------------------------------------------------------------

    def _tell(self, changes: list[Change]) -> None:
        self._told = self.last
        self.recent.add(changes)
        self.metrics.changes += len(changes)
        epochs = [change.ev for change in changes if change.kind == "epoch"]
        if epochs:
            self.epoch = epochs[-1] or ""
            self._reset_all()
            return
        for change in changes:
            if change.kind == "reset":
                for member in self.members.meant_by(change):
                    self.members.upset(member, is_void=change.who is None)
        try:
            self.air.tell(changes, self.last)
        except Exception as error:  # noqa: BLE001 - one change must not deafen all
            self._give_up_telling(changes, error)

    def _give_up_telling(self, changes: list[Change], error: Exception) -> None:
        """What cannot be told event by event is read anew by those whom it concerns."""
        subject = f"changes {changes[0].seq}-{changes[-1].seq}"
        self._errands.send_out(report(self.database, "tell", error, subject))
        concerned = self.air.audiences.reached_by({c.manager for c in changes})
        self.air.tell_some(concerned, reset(self.last, self.epoch))

    def _reset_all(self) -> None:
        """Another epoch may be another database: all rights are read again, and all
        sockets are told to begin anew when theirs are known."""
        for member in self.members:
            self.members.upset(member, is_void=True)

    def _heartbeat(self) -> str:
        return heartbeat(self.last, self.epoch)

    def put_on_air(self, line: Line, missed: Sequence[Change] = ()) -> None:
        """From here on it hears what comes after `last`; it was told all before, but
        for what it has missed just now."""
        caller = line.member.caller if line.member else None
        if caller is None or line.identity is None:
            return
        line.reset_due = False
        audience = self.air.put(line, caller, line.identity.base)
        for text in event_texts(audience.told(missed), self.last):
            line.wire.write(frame(text))
        line.wire.write(frame(self._heartbeat()))
        self._show_presence(line, caller.operator)

    def _show_presence(self, line: Line, operator: int | None) -> None:
        before, line.present_as = line.present_as, operator
        if before is not None and before != operator:
            self.presence.went(line, before)
        if operator is not None:
            self.presence.came(line, operator)

    def hold(self, line: Line) -> None:
        """A live socket hears nothing for a moment, and is remembered where."""
        self.air.take_off(line)
        line.held_at = self._told

    def release(self, line: Line) -> None:
        """A held socket goes on: where it was held, if its rights turned out to be the
        same, else anew."""
        line.is_held = False
        missed = self.last - line.held_at
        if missed > MOST_EVENTS or not self.recent.covers(line.held_at):
            line.reset_due = True
        if line.reset_due:
            line.wire.write(frame(reset(self.last, self.epoch)))
            self.put_on_air(line)
        else:
            self.put_on_air(line, self.recent.after(line.held_at, missed))

    def leave(self, line: Line) -> None:
        """The socket is gone."""
        self.air.take_off(line)
        self._show_presence(line, None)
        if line.followed:
            self._errands.send_out(self.moments.forget(line))
        self.members.leave(line)

    def follow(self, line: Line, sent: dict[str, Any]) -> None:
        """A client's word of what its person views or types to."""
        self._errands.send_out(self.moments.follow(line, sent))

    def report(self) -> bytes:
        """The metrics of this process in Prometheus's format."""
        return exposition(
            self.metrics,
            lambda: {
                "sockets": len(self.air),
                "audiences": len(self.air.audiences),
                "cursor": self.last,
            },
        )

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY)
            try:
                await self.members.check()
                [pace] = await self.database.rows(BACKLOG, {}, patience=0)
            except DatabaseAwayError:
                continue
            self.metrics.waiting, _, self.metrics.numbered_per_second = pace[:3]
            self.metrics.checks += 1
