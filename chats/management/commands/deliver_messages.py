"""`manage.py deliver_messages`: runs a worker for outgoing and incoming messages."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from chats.gateways.deadline_adapter import Timeouts
from chats.worker.backlog_metrics import BacklogMetrics
from chats.worker.limits import Limits
from chats.worker.loop import Worker
from hci_center.database.timeouts import use_role
from hci_center.metrics.exposition import exposition
from hci_center.metrics.port import serve_metrics

# How long a worker may take to exit after its drain, in seconds.
MARGIN = 1.5


class Command(BaseCommand):
    help = "Sends waiting messages through their gateways; any number may run."
    # They would import every page.
    requires_system_checks = []

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
            # Exits even if the main thread is blocked, before a supervisor sends
            # SIGKILL; work in progress is left as after a crash.
            last = threading.Timer(worker.limits.drain + MARGIN, os._exit, [0])
            last.daemon = True
            last.start()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        serve_metrics(
            settings.WORKER_METRICS_PORT,
            lambda: exposition(worker.metrics, BacklogMetrics()),
        )
        # Errors on messages are read by the installation's own staff.
        with translation.override(settings.LANGUAGE_CODE):
            worker.run()
        self.stdout.flush()
        # Threads in a gateway call would keep the process alive until their timeout.
        os._exit(0)
