"""The thread of a relay's process that pushes the feed to hooks.

It has an event loop and database connections of its own, so that nothing about a hook
delays the numbering of changes.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time

from hci_center.feed.hooks.pusher import Pusher

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5.0


class HookThread:
    """Runs a pusher in a thread until it is stopped."""

    def __init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pusher: Pusher | None = None
        self._is_stopping = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Waits for the POSTs in progress, for at most `seconds`."""
        self._is_stopping = True
        loop, pusher = self._loop, self._pusher
        if loop is not None and pusher is not None:
            try:
                asyncio.run_coroutine_threadsafe(pusher.drain(seconds), loop)
            except RuntimeError:  # it has just ended
                return
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                asyncio.run(self._push())
            except Exception:
                logger.exception("Webhooks start again")
                time.sleep(AGAIN_AFTER)

    async def _push(self) -> None:
        self._pusher = Pusher()
        self._loop = asyncio.get_running_loop()
        if not self._is_stopping:
            await self._pusher.run()
