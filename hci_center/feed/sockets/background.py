"""Work of the hub beside its sockets: what must not end, and what may fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from hci_center.feed.errors import DatabaseAwayError

logger = logging.getLogger(__name__)


class BackgroundTasks:
    """What is of the moment: not worth waiting for a database."""

    def __init__(self) -> None:
        # Kept: a task that nobody holds may be collected in mid-flight.
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_ignore_outage(errand))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def exit_on_failure(work: Coroutine[Any, Any, None]) -> None:
    """A loop of the hub that ends is a fault: it is told, and the process goes down
    to be started again, rather than live on half deaf."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException:
        logger.critical("A loop of the hub broke", exc_info=True)
        raise SystemExit(1) from None


async def _ignore_outage(errand: Coroutine[Any, Any, None]) -> None:
    try:
        await errand
    except DatabaseAwayError:
        logger.info("A word of the moment was lost: PostgreSQL is away")
    except Exception:
        logger.exception("A word of the moment was lost")
