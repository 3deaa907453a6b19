"""The hub: writes every change to all sockets of this process that may see it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from chats.rules.backlog import STATEMENT as TASKS_DUE
from chats.rules.backlog import Due
from hci_center.feed.async_database import Database
from hci_center.feed.channel_layer import EPHEMERAL
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import (
    MOST_EVENTS,
    Change,
    event_texts,
    frame,
    heartbeat,
    reset,
)
from hci_center.feed.metrics import FeedCollector, Metrics
from hci_center.feed.readiness import BACKLOG
from hci_center.feed.reporting import report
from hci_center.feed.sockets.background import BackgroundTasks, exit_on_failure
from hci_center.feed.sockets.broadcaster import Broadcaster
from hci_center.feed.sockets.connection import Connection
from hci_center.feed.sockets.credentials import CredentialRegistry
from hci_center.feed.sockets.ephemeral import EphemeralEvents
from hci_center.feed.sockets.presence import Presence
from hci_center.feed.sockets.receiver import ChangeReceiver
from hci_center.feed.sockets.replay_store import ReplayStore
from hci_center.feed.sockets.socket_counts import SocketCounts
from hci_center.feed.sockets.socket_log import SocketLog
from hci_center.metrics.exposition import exposition

CHECK_EVERY = 2.0


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
        self.receiver = ChangeReceiver(self.metrics, self._broadcast, self._reset_all)
        self.receiver.subscription.others[EPHEMERAL] = self.ephemeral.receive
        self._tasks: list[asyncio.Task[None]] = []
        self._background = BackgroundTasks()
        self._begun: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        """The cursor after the latest change that was sent."""
        return self.receiver.last

    @property
    def epoch(self) -> str:
        """The epoch of the changes; another one may be another database."""
        return self.receiver.epoch

    # Start and stop ------------------------------------------------------------

    async def ready(self) -> None:
        """Returns when the feed's cursor is known; the first call starts the hub."""
        if self._begun is None:
            self._begun = asyncio.create_task(exit_on_failure(self._begin()))
        await asyncio.shield(self._begun)

    async def _begin(self) -> None:
        await self.receiver.begin()
        for loop in (
            *self.receiver.loops(),
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

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.presence.leave()
        await self.socket_counts.leave()
        await self.receiver.close()
        await self.database.close()

    # Sending -------------------------------------------------------------------

    def _broadcast(self, changes: list[Change]) -> None:
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
        connection.paused_at = self.receiver.broadcast_from

    def resume(self, connection: Connection) -> None:
        """Resumes a paused connection at its cursor, or with a reset.

        A reset is sent when its data is void or too many changes were missed.
        """
        connection.is_paused = False
        buffer = self.receiver.replay_buffer
        missed = self.last - connection.paused_at
        if missed > MOST_EVENTS or not buffer.covers(connection.paused_at):
            connection.reset_due = True
        if connection.reset_due:
            connection.transport.write(frame(reset(self.last, self.epoch)))
            self.go_live(connection)
        else:
            self.go_live(connection, buffer.after(connection.paused_at, missed))

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
