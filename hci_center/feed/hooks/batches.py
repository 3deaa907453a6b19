"""Builds the next batch of a hook: the events that a socket of its key would get.

They are read by the code that replays events to sockets, with the same rights.
"""

from __future__ import annotations

from dataclasses import dataclass

from channels.db import database_sync_to_async
from django.conf import settings

from hci_center.callers import Caller
from hci_center.database import faults
from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import (
    ADDITIONAL_KINDS,
    KINDS,
    MOST_CHARACTERS,
    EventText,
)
from hci_center.feed.hooks.queue import Hook
from hci_center.feed.hooks.reporting import report
from hci_center.feed.identity import find_caller
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.sockets.replay_store import ReplayStore

MOST_EVENTS = 100
# How many numbers of the feed one read may cover: most may be of other managers.
MOST_COVERED = 10_000

RESET = b'{"reset":true}'


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of the next POST, and the cursor and epoch after it.

    Without a body, there are no events for the hook up to that cursor.
    """

    cursor: int
    epoch: str
    body: bytes = b""


class Batches:
    """Reads the batches of hooks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = ReplayStore(database)

    async def next(self, hook: Hook, after: int) -> Batch | None:
        """Returns the hook's next batch after a cursor; None if its key has ended.

        The rights are read after the feed's last number (`hook.last`): what changes
        them later has a higher number, so that no later right meets an earlier event
        without a reset. Raises DatabaseAwayError.
        """
        caller = await _find_caller(hook.credential)
        if caller is None:
            return None
        reset = Batch(hook.last, hook.feed_epoch, RESET)
        if hook.epoch != hook.feed_epoch or after > hook.last:
            return reset
        upto = min(hook.last, after + MOST_COVERED)
        audience = _audience(hook, caller)
        try:
            page = await self._store.page(audience, after, upto, MOST_EVENTS)
        except (DatabaseAwayError, *faults.ERRORS):
            raise
        except Exception as error:  # noqa: BLE001 - it must not hold up all that follow
            await report(self._database, error, f"hook {hook.id}")
            return reset
        if page is None or await self._store.has_reset(caller, after, upto):
            return reset
        return _batch(*page, hook.feed_epoch)


_find_caller = database_sync_to_async(find_caller, thread_sensitive=False)


def _audience(hook: Hook, caller: Caller) -> Audience:
    kinds = frozenset(hook.kinds) or KINDS
    audience = Audience(caller, link_base(), kinds & ADDITIONAL_KINDS)
    audience.left_out |= KINDS - kinds
    return audience


def link_base() -> str:
    """Returns the base of links to files: there is no request to take the host from."""
    return settings.PUBLIC_URL or f"http://127.0.0.1:{settings.PORT}"


def _batch(events: list[EventText], cursor: int, epoch: str) -> Batch:
    if not events:
        return Batch(cursor, epoch)
    texts: list[str] = []
    size = 0
    for _seq, text in events:
        size += len(text)
        if texts and size > MOST_CHARACTERS:
            break
        texts.append(text)
    if len(texts) < len(events):
        cursor = events[len(texts) - 1][0]
    return Batch(cursor, epoch, _body(texts, cursor, epoch))


def _body(texts: list[str], cursor: int, epoch: str) -> bytes:
    return f'{{"e":[{",".join(texts)}],"s":{cursor},"epoch":"{epoch}"}}'.encode()
