"""Background tasks of the hub: loops that must not end, and tasks that may fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from hci_center.feed.errors import DatabaseAwayError

logger = logging.getLogger(__name__)


class BackgroundTasks:
    """Short tasks that may fail, such as sending ephemeral events."""

    def __init__(self) -> None:
        # asyncio keeps only weak references: an unreferenced task may be collected.
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_ignore_outage(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def exit_on_failure(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs a loop of the hub; logs its failure and exits the process.

    The process is then restarted, instead of running on without that loop.
    """
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except BaseException:
        logger.critical("A task of the hub failed", exc_info=True)
        raise SystemExit(1) from None


async def _ignore_outage(coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        await coroutine
    except DatabaseAwayError:
        logger.info("An ephemeral event was lost: PostgreSQL is unavailable")
    except Exception:
        logger.exception("An ephemeral event was lost")
