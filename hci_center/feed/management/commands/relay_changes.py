"""Runs a relay of the change feed, as the leader or as its standby.

It also pushes the feed to outgoing webhooks, in a separate thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand

from hci_center.database.timeouts import use_role
from hci_center.feed.hooks.thread import HookThread
from hci_center.feed.relay.leader import Relay
from hci_center.feed.relay.metrics import RelayCollector
from hci_center.metrics.exposition import exposition
from hci_center.metrics.port import serve_metrics

# With a frozen database the cancelled work would take longer. A kill loses no changes.
STOP_SECONDS = 4.0
# How long POSTs in progress may take to end; interrupted ones are sent again.
DRAIN_SECONDS = 3.0


class Command(BaseCommand):
    help = (
        "Numbers committed changes and publishes them to feed processes and webhooks."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        use_role("relay")
        hooks = HookThread()
        hooks.start()
        try:
            relay = Relay()
            serve_metrics(
                settings.RELAY_METRICS_PORT,
                lambda: exposition(RelayCollector(relay.metrics)),
            )
            uvloop.run(_run(relay))
        except BaseException:
            # Others wait for the relay to be started again.
            hooks.stop(0)
            raise
        hooks.stop(DRAIN_SECONDS)
        # A thread that waits for a frozen database would keep the process alive.
        os._exit(0)


async def _run(relay: Relay) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(relay.run())

    def stop() -> None:
        work.cancel()
        loop.call_later(STOP_SECONDS, os._exit, 0)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await work
