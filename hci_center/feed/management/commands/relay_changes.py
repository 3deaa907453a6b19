"""Runs a relay of the change feed, as the leader or as its standby."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand

from hci_center.database.timeouts import use_role
from hci_center.feed.relay.leader import Relay

# With a frozen database the cancelled work would take longer. A kill loses no changes.
STOP_SECONDS = 4.0


class Command(BaseCommand):
    help = "Numbers committed changes and publishes them to the feed processes."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        use_role("relay")
        uvloop.run(_run())


async def _run() -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(Relay().run())

    def stop() -> None:
        work.cancel()
        loop.call_later(STOP_SECONDS, os._exit, 0)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await work
