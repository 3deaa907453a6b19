"""Pushes the feed to the hooks: reads, leases, posts and stores the outcomes.

Every process that runs it may serve every hook; a lease keeps them from sending to one
at the same time. The cursor moves once the receiver has answered: killed anywhere, the
same events are sent again and none is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hci_center.database import faults
from hci_center.encryption import decrypt
from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.hooks import queue
from hci_center.feed.hooks.batches import Batch, Batches
from hci_center.feed.hooks.posting import Answer, Poster
from hci_center.feed.hooks.queue import Hook
from hci_center.feed.hooks.reporting import report
from hci_center.feed.hooks.signing import signed_headers
from hci_center.feed.tasks import in_daemon_thread

logger = logging.getLogger(__name__)

# The pause between two checks, in seconds, with hooks and without any.
LOOK_EVERY, LOOK_IDLY = 0.25, 1.0
# The pause after an error, and that of a hook without events.
AFTER_FAULT, REST = 5.0, 1.0
# Simultaneous POSTs: a slow receiver only delays its own hook.
MOST_AT_ONCE = 32
# After this many changes or seconds without events for a hook, its cursor is stored.
STORE_AFTER, STORE_EVERY = 1000, 60.0


class Pusher:
    """Runs until it is stopped."""

    def __init__(self) -> None:
        self._database = Database()
        self._batches = Batches(self._database)
        self._posters: dict[int, Poster] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        # Until when hooks are not read, and how far they have been read: the stored
        # cursor of that time, the cursor reached and when it was begun.
        self._rests: dict[int, float] = {}
        self._read: dict[int, tuple[int, int, float]] = {}
        self._wake = asyncio.Event()
        self._is_stopping = False

    async def run(self) -> None:
        """Runs until stopped, also through database outages and errors of a hook."""
        # Rights are read with Django, in a thread: one, so one connection.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1, "rights"))
        while not self._is_stopping:
            pause = AFTER_FAULT
            try:
                pause = await self.step()
            except DatabaseAwayError as error:
                logger.warning("Webhooks wait: %s", faults.describe(error))
            except Exception as error:  # noqa: BLE001 - nothing ends the process
                await report(self._database, error)
            await self._sleep(pause)
        await self._database.close()

    async def drain(self, seconds: float) -> None:
        """Starts no more POSTs, and waits briefly for those in progress.

        Unfinished ones are sent again when their lease has expired.
        """
        self._is_stopping = True
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)
        self._wake.set()

    async def step(self) -> float:
        """Checks once and starts to serve the due hooks; returns the pause."""
        hooks = await queue.hooks_on(self._database)
        self._forget_others({hook.id for hook in hooks})
        now = time.monotonic()
        resting = {pk for pk, until in self._rests.items() if until > now}
        room = MOST_AT_ONCE - len(self._running)
        for hook in queue.due(hooks, resting | self._running.keys())[:room]:
            task = asyncio.create_task(self._serve(hook))
            self._running[hook.id] = task
        return LOOK_EVERY if hooks else LOOK_IDLY

    async def _serve(self, hook: Hook) -> None:
        try:
            if await self._push(hook):
                self._wake.set()
        except DatabaseAwayError as error:
            logger.warning("hook %d waits: %s", hook.id, faults.describe(error))
            self._rest(hook, AFTER_FAULT)
        except Exception as error:  # noqa: BLE001 - one hook holds up no other
            self._rest(hook, AFTER_FAULT)
            await report(self._database, error, f"hook {hook.id}")
        finally:
            self._running.pop(hook.id, None)

    async def _push(self, hook: Hook) -> bool:
        """Sends the next batch; returns whether there may be more."""
        after = self._after(hook)
        if after == hook.last and hook.epoch == hook.feed_epoch:
            return await self._pass_over(hook, after)
        batch = await self._batches.next(hook, after)
        if batch is None:
            self._rest(hook, AFTER_FAULT)
            return False
        if not batch.body:
            return await self._pass_over(hook, batch.cursor)
        secrets = [decrypt(each) for each in (hook.secret, hook.old_secret) if each]
        began = time.monotonic()
        fence = await queue.lease(self._database, hook)
        if fence is None:
            return False
        answer = await self._post(hook, batch, secrets, began)
        if answer.ok:
            await queue.settle_received(
                self._database, hook.id, fence, batch.cursor, batch.epoch
            )
            return True
        await self._settle_failed(hook, fence, answer)
        return False

    async def _post(
        self, hook: Hook, batch: Batch, secrets: list[str], began: float
    ) -> Answer:
        headers = signed_headers(
            f"{hook.id}:{batch.cursor}", int(time.time()), batch.body, secrets
        )
        poster = self._posters.setdefault(hook.id, Poster())
        return await in_daemon_thread(
            partial(poster.post, hook.url, batch.body, headers, began)
        )

    async def _settle_failed(self, hook: Hook, fence: int, answer: Answer) -> None:
        is_off = await queue.settle_failed(
            self._database, hook, fence, answer.error, gone=answer.is_gone
        )
        if is_off:
            logger.error("hook %d is off: %s", hook.id, answer.error)
        elif not hook.failures:
            logger.warning("hook %d: %s", hook.id, answer.error)

    # Changes that are not for a hook ---------------------------------------------

    def _after(self, hook: Hook) -> int:
        cursor, reached, _since = self._read.get(hook.id, (hook.cursor, hook.cursor, 0))
        return reached if cursor == hook.cursor else hook.cursor

    async def _pass_over(self, hook: Hook, reached: int) -> bool:
        """Moves the cursor over changes not for the hook; stores it only occasionally.

        Otherwise a busy centre would write at each check.
        """
        now = time.monotonic()
        cursor, _reached, since = self._read.get(hook.id, (hook.cursor, 0, now))
        if cursor != hook.cursor:
            since = now
        self._read[hook.id] = (hook.cursor, reached, since)
        if reached - hook.cursor >= STORE_AFTER or now - since >= STORE_EVERY:
            await queue.advance(self._database, hook, reached)
        if reached < hook.last:
            return True
        self._rest(hook, REST)
        return False

    def _rest(self, hook: Hook, seconds: float) -> None:
        self._rests[hook.id] = time.monotonic() + seconds

    def _forget_others(self, present: set[int]) -> None:
        for known in (self._rests, self._read):
            for pk in known.keys() - present:
                del known[pk]
        for pk in self._posters.keys() - present - self._running.keys():
            self._posters.pop(pk).close()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        if not self._is_stopping:
            self._wake.clear()
