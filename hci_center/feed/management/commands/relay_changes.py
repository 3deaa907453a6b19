"""Leads the change feed, or stands by until the leader is gone."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand

from hci_center.database.timeouts import use_role
from hci_center.feed.relay import Relay


class Command(BaseCommand):
    help = "Numbers the committed changes and tells the feed's processes of them."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        use_role("relay")
        uvloop.run(_run())


async def _run() -> None:
    work = asyncio.create_task(Relay().run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work
