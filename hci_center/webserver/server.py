"""Serves HTTP until SIGTERM: `python -m hci_center.webserver.server`.

The choice of server and the number of threads: docs/decisions/web-server.md.
"""

from __future__ import annotations

import gc
import os
import sys

import django
import uvicorn
from django.conf import settings
from django.db import OperationalError

from hci_center.limits import allow_many_connections
from hci_center.local.command_line import unavailable_sentence
from hci_center.local.secret_check import start_checked
from hci_center.webserver.answers import WsgiApplication
from hci_center.webserver.http_protocol import BoundedHttp
from hci_center.webserver.wsgi_bridge import Threaded

# Longer than proxies keep idle connections, so that they close them, not we.
IDLE_SECONDS = 75
STOP_SECONDS = 9


def serve(application: WsgiApplication, host: str, port: int, threads: int) -> None:
    """Serves until SIGTERM or SIGINT; running requests are finished first."""
    allow_many_connections()
    uvicorn.run(
        Threaded(application, threads),
        host=host,
        port=port,
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
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    django.setup(set_prefix=False)
    try:
        start_checked()
    except OperationalError as error:
        sys.exit(unavailable_sentence(error))

    from hci_center.wsgi import application
    from managers.key_invalidation import key_change_listener

    # Loaded modules stay: the garbage collector need not scan them repeatedly.
    gc.collect()
    gc.freeze()
    with key_change_listener():
        serve(application, settings.HOST, settings.PORT, settings.WEB_THREADS)
