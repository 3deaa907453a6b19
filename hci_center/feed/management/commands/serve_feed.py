"""Serves the sockets of the live feed on HCI_FEED_PORT."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hci_center.database.timeouts import use_role
from hci_center.feed.server.protocol import serve


class Command(BaseCommand):
    help = "Serves the websockets of the live feed."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, help="a listening socket to serve on")

    def handle(self, *args: Any, **options: Any) -> None:
        use_role("feed")
        serve(options["fd"])
