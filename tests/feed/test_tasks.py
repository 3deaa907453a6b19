"""Tasks of one process that end together."""

from __future__ import annotations

import asyncio

import pytest

from hci_center.feed.tasks import run_together


def test_tasks_that_belong_together_end_together() -> None:
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
