"""Tasks of one process that end together."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hci_center.feed.tasks import in_daemon_thread, run_together


def test_a_group_of_tasks_ends_together() -> None:
    cancelled: list[bool] = []

    async def lasting() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.append(True)

    async def failing() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def ending() -> None:
        await asyncio.sleep(0)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_together(lasting(), failing()))
    with pytest.raises(RuntimeError):
        asyncio.run(run_together(lasting(), ending()))
    assert cancelled == [True, True]


def test_a_call_in_a_thread_returns_or_raises_and_does_not_delay_the_exit() -> None:
    def name() -> tuple[bool, bool]:
        thread = threading.current_thread()
        return thread is threading.main_thread(), thread.daemon

    def fail() -> None:
        raise ZeroDivisionError

    assert asyncio.run(in_daemon_thread(name)) == (False, True)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_daemon_thread(fail))


def test_a_call_may_end_after_its_loop() -> None:
    may_end = threading.Event()

    def last() -> None:
        may_end.wait(30)

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_daemon_thread(last), 0.01)

    asyncio.run(leave())
    [thread] = [each for each in threading.enumerate() if each.name == "call"]
    may_end.set()
    thread.join(30)
    assert not thread.is_alive()
