"""`manage.py deliver_messages`: sends what waits and takes in what came."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from chats.gateways.deadline_adapter import Timeouts
from chats.worker.loop import Limits, Worker
from hci_center.database.timeouts import use_role

# What the end of a worker may take beyond its drain, in seconds.
MARGIN = 1.5


class Command(BaseCommand):
    help = "Sends waiting messages through their gateways; any number may run."

    def add_arguments(self, parser: CommandParser) -> None:
        usual = Limits()
        parser.add_argument("--sends", type=int, default=usual.sends)
        parser.add_argument("--each", type=int, default=usual.each)
        parser.add_argument("--lease", type=float, default=usual.lease)
        parser.add_argument("--doubt", type=float, default=usual.doubt)
        parser.add_argument("--drain", type=float, default=usual.drain)
        parser.add_argument("--hurry", type=float, default=usual.hurry)
        parser.add_argument("--patience", type=float, default=usual.patience.total)

    def handle(self, *_args: Any, **options: Any) -> None:
        use_role("worker")
        worker = Worker(
            Limits(
                sends=options["sends"],
                each=options["each"],
                lease=options["lease"],
                doubt=options["doubt"],
                drain=options["drain"],
                hurry=options["hurry"],
                patience=Timeouts(options["patience"], *[options["patience"]] * 2),
            )
        )

        def stop(*_signal: Any) -> None:
            worker.stop()
            # Whatever the main thread waits for by then: what is under way is left as a
            # kill would leave it, before a supervisor has to kill.
            last = threading.Timer(worker.limits.drain + MARGIN, os._exit, [0])
            last.daemon = True
            last.start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        # What is written on messages is read by the centre's own people.
        with translation.override(settings.LANGUAGE_CODE):
            worker.run()
        self.stdout.flush()
        # Threads in the middle of a call would hold the process to its deadline.
        os._exit(0)
