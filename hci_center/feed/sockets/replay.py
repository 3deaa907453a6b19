"""From a client's `hi` to the live events, without a hole and without a double."""

from __future__ import annotations

from typing import Any, NamedTuple

from hci_center.feed.frames import MOST_EVENTS, EventText, event_texts, frame, reset
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.sockets.connection import Connection
from hci_center.feed.sockets.hub import Hub

# Unsent bytes beyond which the next page waits.
CATCHING_UP_LIMIT = 64 * 1024


class Hello(NamedTuple):
    """The first frame of a client: who it is and where it stopped."""

    ticket: str | None
    epoch: str | None
    cursor: int | None


def read_hello(sent: dict[str, Any]) -> Hello | None:
    """The fields of a `hi`, None when one of them is not what it must be."""
    ticket, epoch, cursor = (sent.get(name) for name in ("ticket", "e", "c"))
    if not isinstance(ticket, str | None) or not isinstance(epoch, str | None):
        return None
    if isinstance(cursor, bool) or not isinstance(cursor, int | None):
        return None
    return Hello(ticket, epoch, cursor)


async def catch_up(hub: Hub, line: Connection, hello: Hello) -> None:
    """Tells the socket all that it missed and puts it on the air.

    The last step, from finding that nothing is missing to being on the air, is not
    interrupted: what comes later comes by the hub. Raises DatabaseAwayError.
    """
    member, identity = line.state, line.identity
    if member is None or member.caller is None or identity is None:
        return
    cursor = hub.last if hello.cursor is None else hello.cursor
    void = not await _may_resume(hub, line, hello)
    audience = Audience(member.caller, identity.base)
    line.transport.set_high_water(CATCHING_UP_LIMIT)
    while line.is_open and not void:
        # Rights that are in question are waited for, before a page and after it.
        await hub.credentials.wait_loaded(member)
        if cursor == hub.last or line.reset_due:
            break
        page = await _page(hub, audience, cursor)
        if page is None:
            void = True
        elif not line.is_in_doubt and line.is_open:
            told, cursor = page
            for text in event_texts(told, cursor):
                line.transport.write(frame(text))
            await line.transport.drained()
    await hub.credentials.wait_loaded(member)
    if not line.is_open:
        return
    if void or line.reset_due:
        line.transport.write(frame(reset(hub.last, hub.epoch)))
    hub.go_live(line)


async def _may_resume(hub: Hub, line: Connection, hello: Hello) -> bool:
    """Whether the client can go on from its cursor, or was told to begin now."""
    if (hello.epoch != hub.epoch and hello.epoch is not None) or (
        hello.cursor is not None and hello.cursor > hub.last
    ):
        # The client may know of more than we do, for the moment.
        await hub.refresh()
    if hello.cursor is None:
        return hello.epoch is None or hello.epoch == hub.epoch
    if hello.epoch != hub.epoch or not 0 <= hello.cursor <= hub.last:
        return False
    return not await _has_reset(hub, line, hello.cursor)


async def _has_reset(hub: Hub, line: Connection, cursor: int) -> bool:
    member = line.state
    if member is None or member.caller is None:
        return True
    if hub.replay_buffer.covers(cursor):
        missed = hub.replay_buffer.after(cursor, hub.last - cursor)
        return any(
            change.kind == "epoch"
            or (change.kind == "reset" and member.is_target_of(change))
            for change in missed
        )
    return await hub.replay_store.has_reset(member.caller, cursor, hub.last)


async def _page(
    hub: Hub, audience: Audience, cursor: int
) -> tuple[list[EventText], int] | None:
    """From memory where it reaches, else from the table; None when neither does."""
    if hub.replay_buffer.covers(cursor):
        changes = hub.replay_buffer.after(cursor, MOST_EVENTS)
        return audience.events_for(changes), changes[-1].seq
    return await hub.replay_store.page(audience, cursor, hub.last)
