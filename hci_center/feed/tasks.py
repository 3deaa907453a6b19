"""Helpers for asyncio tasks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


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


async def in_daemon_thread(call: Callable[[], Result]) -> Result:
    """Runs the call in a thread of its own, which does not keep the process alive.

    The threads of an executor do until their calls have ended.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def end(write: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            write(value)

    def run() -> None:
        try:
            told = (future.set_result, call())
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            told = (future.set_exception, error)  # type: ignore[assignment]
        # Nobody waits any more if the loop has been closed.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(end, *told)

    threading.Thread(target=run, name="call", daemon=True).start()
    return await future
