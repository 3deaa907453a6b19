"""Catching up: from a client's `hi` to live events, without gaps or duplicates."""

from __future__ import annotations

from typing import Any, NamedTuple

from hci_center.feed.frames import (
    ADDITIONAL_KINDS,
    MOST_EVENTS,
    EventText,
    event_texts,
    frame,
    reset,
)
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.sockets.connection import Connection
from hci_center.feed.sockets.hub import Hub

# The next page waits while more than this many bytes are unsent.
CATCHING_UP_LIMIT = 64 * 1024


class Hello(NamedTuple):
    """The first frame of a client: its ticket, its last cursor, what else it wants."""

    ticket: str | None
    epoch: str | None
    cursor: int | None
    also: frozenset[str] = frozenset()


def read_hello(payload: dict[str, Any]) -> Hello | None:
    """Parses a `hi` frame; returns None when a field has the wrong type."""
    ticket, epoch, cursor = (payload.get(name) for name in ("ticket", "e", "c"))
    if not isinstance(ticket, str | None) or not isinstance(epoch, str | None):
        return None
    if isinstance(cursor, bool) or not isinstance(cursor, int | None):
        return None
    also = payload.get("also")
    if also is None:
        also = []
    if not isinstance(also, list) or not all(isinstance(kind, str) for kind in also):
        return None
    # Other kinds may be those of a later version.
    return Hello(ticket, epoch, cursor, ADDITIONAL_KINDS.intersection(also))


async def catch_up(hub: Hub, connection: Connection, hello: Hello) -> None:
    """Sends the connection all that it missed and makes it live.

    There is no await between finding that nothing is missing and going live, so later
    changes all come from the hub. Raises DatabaseAwayError.
    """
    state, identity = connection.state, connection.identity
    if state is None or state.caller is None or identity is None:
        return
    cursor = hub.last if hello.cursor is None else hello.cursor
    is_void = not await _may_resume(hub, connection, hello)
    audience = Audience(state.caller, identity.base, connection.also)
    connection.transport.set_high_water(CATCHING_UP_LIMIT)
    while connection.is_open and not is_void:
        # Waits for rights that are being read again, before a page and after it.
        await hub.credentials.wait_loaded(state)
        if cursor == hub.last or connection.reset_due:
            break
        page = await _page(hub, audience, cursor)
        if page is None:
            is_void = True
        elif not connection.is_in_doubt and connection.is_open:
            events, cursor = page
            for text in event_texts(events, cursor):
                connection.transport.write(frame(text))
            await connection.transport.drained()
    await hub.credentials.wait_loaded(state)
    if not connection.is_open:
        return
    if is_void or connection.reset_due:
        connection.transport.write(frame(reset(hub.last, hub.epoch)))
    hub.go_live(connection)


async def _may_resume(hub: Hub, connection: Connection, hello: Hello) -> bool:
    """Whether the client can continue from its cursor, or starts without one."""
    if (hello.epoch != hub.epoch and hello.epoch is not None) or (
        hello.cursor is not None and hello.cursor > hub.last
    ):
        # The client may have seen changes that this hub has not processed yet.
        await hub.receiver.refresh()
    if hello.cursor is None:
        return hello.epoch is None or hello.epoch == hub.epoch
    if hello.epoch != hub.epoch or not 0 <= hello.cursor <= hub.last:
        return False
    return not await _has_reset(hub, connection, hello.cursor)


async def _has_reset(hub: Hub, connection: Connection, cursor: int) -> bool:
    state = connection.state
    if state is None or state.caller is None:
        return True
    if hub.receiver.replay_buffer.covers(cursor):
        missed = hub.receiver.replay_buffer.after(cursor, hub.last - cursor)
        return any(
            change.kind == "epoch"
            or (change.kind == "reset" and state.is_target_of(change))
            for change in missed
        )
    return await hub.replay_store.has_reset(state.caller, cursor, hub.last)


async def _page(
    hub: Hub, audience: Audience, cursor: int
) -> tuple[list[EventText], int] | None:
    """Returns the next events and the cursor after them, from memory or the table.

    None when neither reaches back to the cursor.
    """
    if hub.receiver.replay_buffer.covers(cursor):
        changes = hub.receiver.replay_buffer.after(cursor, MOST_EVENTS)
        return audience.events_for(changes), changes[-1].seq
    return await hub.replay_store.page(audience, cursor, hub.last)
