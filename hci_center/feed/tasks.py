"""Helpers for asyncio tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def run_together(*coroutines: Coroutine[Any, Any, None]) -> None:
    """Runs coroutines that should never end, until one of them does.

    Then the others are cancelled and its error is raised, so no failure of a task
    that is not awaited goes unnoticed. Raises RuntimeError when it returned.
    """
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
    raise RuntimeError("A task ended that was to run for ever")
