"""Serves HTTP until SIGTERM: `python -m hci_center.webserver.server`.

The choice of server and the number of threads: docs/decisions/web-server.md.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from contextlib import nullcontext

import django
import uvicorn
from django.conf import settings
from django.db import OperationalError

from hci_center.database.pooler import use_pooler, uses_pooler
from hci_center.limits import allow_many_connections
from hci_center.listening import BACKLOG, listening_socket, run
from hci_center.local.command_line import unavailable_sentence
from hci_center.local.folders import prepare_folders
from hci_center.local.refused_start import exit_on_configuration_error
from hci_center.local.start_check import start_checked
from hci_center.logs.requests import LineWriter
from hci_center.logs.starting import say
from hci_center.webserver.answers import WsgiApplication
from hci_center.webserver.http_protocol import BoundedHttp
from hci_center.webserver.wsgi_bridge import Threaded
from managers.key_calls import KeyCalls

# Longer than proxies keep idle connections, so that they close them, not we.
IDLE_SECONDS = 75
STOP_SECONDS = 9


def serve(application: WsgiApplication, listening: socket.socket, threads: int) -> None:
    """Serves until SIGTERM or SIGINT; running requests are finished first."""
    allow_many_connections()
    lines = LineWriter() if settings.LOG_FORMAT == "json" else None
    if lines is not None:
        atexit.register(lines.close)
    calls = KeyCalls()
    calls.start()
    log = None if lines is None else lines.write
    config = uvicorn.Config(
        Threaded(application, threads, log, calls.count),
        loop="uvloop",
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        # Forwarded headers are evaluated by Django's settings.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        backlog=BACKLOG,
    )
    # uvicorn sends itself the signal again when it has stopped; by default it would kill.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run(config, listening)
    finally:
        calls.close()


def prepare(descriptor: int | None) -> socket.socket:
    """Sets Django up, checks the database and returns the socket to listen on.

    Raises ImproperlyConfigured; exits with a sentence if secrets are missing and the
    database is not reachable.
    """
    django.setup(set_prefix=False)
    use_pooler()
    try:
        start_checked(files=True)
    except OperationalError as error:
        say(unavailable_sentence(error), logging.ERROR)
        sys.exit(1)
    prepare_folders()
    return listening_socket(settings.HOST, settings.PORT, descriptor)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--fd", type=int, help="a listening socket to serve on")
    given = parser.parse_args()
    # What a start loads stays, and most of what a request makes is no cycle.
    gc.set_threshold(20_000, 20, 20)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    with exit_on_configuration_error():
        listening = prepare(given.fd)

    from hci_center.wsgi import application
    from managers.key_invalidation import key_change_listener

    # Loaded modules stay: the garbage collector need not scan them repeatedly.
    gc.collect()
    gc.freeze()
    # Without LISTEN, a changed key is noticed when its cached copy expires.
    with nullcontext() if uses_pooler() else key_change_listener():
        serve(application, listening, settings.WEB_THREADS)
