"""`manage.py serve`: runs the whole centre with one command."""

from __future__ import annotations

import http.client
import json
import logging
import socket
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from hci_center.hosts import in_address, reachable
from hci_center.listening import listen
from hci_center.local import bootstrap, paths
from hci_center.local.data_dir_lock import lock_data_dir
from hci_center.local.errors import CannotStartError
from hci_center.local.postgres import Postgres
from hci_center.local.progress import refuse_half_restored
from hci_center.local.secret_check import check_secrets
from hci_center.local.server_dirs import open_server_dirs
from hci_center.local.start_check import check_start
from hci_center.local.supervisor import Process, StoppedError, Supervisor
from hci_center.local.valkey import valkey

logger = logging.getLogger(__name__)

WEB_STAGE = 3

MANAGE = [sys.executable, str(paths.BASE_DIR / "manage.py")]

WEB = [sys.executable, "-m", "hci_center.webserver.server"]
FEED = [*MANAGE, "serve_feed"]
RELAY = Process("relay", [*MANAGE, "relay_changes"])
# Started if there are demo managers.
DEMO = Process("demo", [*MANAGE, "serve_demo_gateways"])
# Started after the demo gateways: it checks each gateway at startup and then only
# rarely.
WORKER = Process("deliver", [*MANAGE, "deliver_messages"])
DEMO_SECONDS = 10.0
# When the web process responds, most other parts are still starting.
ALL_SECONDS = 3.0


class Command(BaseCommand):
    help = "Runs the whole centre: its database, Valkey, and all of its processes."
    requires_system_checks: list[str] = []
    shows_demo = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--migrate",
            action="store_true",
            help="with your own database: brings it up to date before the start",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with lock_data_dir(), Supervisor(self.note) as supervisor:
                serving = [
                    _serving("web", WEB, "HCI_PORT", settings.PORT),
                    _serving("feed", FEED, "HCI_FEED_PORT", settings.FEED_PORT),
                ]
                self.prepare(supervisor, migrates=options["migrate"])
                for process in (*serving, RELAY):
                    supervisor.start(process)
                if self.shows_demo:
                    supervisor.start(DEMO)
                    self.await_demo(supervisor)
                supervisor.start(WORKER)
                self.await_web(supervisor)
                supervisor.run()
        except StoppedError:
            return
        except CannotStartError as error:
            self.stderr.write(str(error))
            sys.exit(1)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def note(self, text: str) -> None:
        if settings.LOG_FORMAT == "json":
            logger.warning(text)
        else:
            self.stderr.write(f"serve: {text}")

    def prepare(self, supervisor: Supervisor, *, migrates: bool) -> None:
        """Starts the embedded servers that are needed and prepares the database.

        An external database, which other processes may be using, is only migrated if it
        is new or on request.
        """
        embedded = paths.database_url() == settings.DATABASE_URL
        if paths.redis_url() == settings.REDIS_URL:
            supervisor.start(valkey(open_server_dirs()))
        if embedded:
            dirs = open_server_dirs()
            for note in dirs.notes():
                self.say(note)
            postgres = Postgres(dirs)
            postgres.prepare()
            supervisor.start(postgres.process())
            postgres.wait_until_ready(lambda: supervisor.tend(0.02))
            if bootstrap.was_interrupted():
                connection.close()
                postgres.recreate_database()
        # Before the migrations, which would change the data to be replaced.
        refuse_half_restored()
        # Before the migrations, some of which encrypt; after them everything can be
        # checked.
        check_secrets(self.note)
        if embedded or migrates or bootstrap.is_new():
            bootstrap.migrate(self.say)
        check_start(self.note, files=True)
        bootstrap.repeat_erasures()
        if embedded:
            bootstrap.finish_first_start(self.say)
        advice = bootstrap.how_to_enter()
        if advice is not None:
            self.say(advice)
        self.shows_demo = settings.DEMO and bootstrap.has_demo()
        connection.close()

    def await_demo(self, supervisor: Supervisor) -> None:
        """Waits until the demo gateways listen, DEMO_SECONDS at most."""
        until = time.monotonic() + DEMO_SECONDS
        while not _listens(settings.DEMO_GATEWAYS_PORT) and time.monotonic() < until:
            supervisor.tend(0.05)

    def await_web(self, supervisor: Supervisor) -> None:
        """Supervises the processes until the web process is ready; prints its address.

        After /healthz responds, waits at most ALL_SECONDS until /readyz reports "ok".
        """
        last_notice = time.monotonic()
        while not _answers("/healthz"):
            supervisor.tend(0.05)
            if time.monotonic() - last_notice > 30:
                last_notice = time.monotonic()
                self.note("the web does not answer yet")
        until = time.monotonic() + ALL_SECONDS
        while not _answers("/readyz", "ok") and time.monotonic() < until:
            supervisor.tend(0.05)
        host = in_address(reachable(settings.HOST))
        address = settings.PUBLIC_URL or f"http://{host}:{settings.PORT}"
        self.say(
            f"Ready: {address}/ for operators, {address}/admin/ for supervisors, "
            f"{address}/api/docs/ for programs"
        )


def _serving(name: str, command: list[str], variable: str, port: int) -> Process:
    """Returns the process that serves the port; the supervisor keeps its socket open.

    So connections wait while it restarts, instead of being refused.
    """
    try:
        listening = listen(settings.HOST, port)
    except OSError as error:
        raise CannotStartError(
            f"{in_address(settings.HOST)}:{port} cannot be had ({error.strerror}): "
            f"set HCI_HOST or {variable} to another."
        ) from None
    descriptor = listening.detach()
    return Process(
        name,
        [*command, "--fd", str(descriptor)],
        stage=WEB_STAGE,
        popen={"pass_fds": (descriptor,)},
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _answers(path: str, state: str | None = None) -> bool:
    """Returns whether the web process responds at the path, with that status."""
    client = http.client.HTTPConnection(
        reachable(settings.HOST), settings.PORT, timeout=2
    )
    try:
        client.request("GET", path)
        response = client.getresponse()
        payload = json.loads(response.read())
        return response.status == 200 and state in (None, payload["status"])
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        client.close()
