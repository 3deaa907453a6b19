"""The web process: `python -m hci_center.web` serves HTTP until SIGTERM.

One granian worker in this very process, so that no child of ours has children.
Why this server and these limits: docs/decisions/web-server.md.
"""

from __future__ import annotations

import asyncio
import logging
import signal

import uvloop
from django.conf import settings
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from hci_center.local.bridge import Threaded, WsgiApplication

HEADER_SECONDS = 15
HEADER_BYTES = 64 * 1024


def serve(application: WsgiApplication, host: str, port: int, threads: int) -> None:
    """Serves until SIGTERM or SIGINT; requests under way are finished first."""
    # It calls itself experimental at every start, and warns of lost clients.
    logging.getLogger("_granian").setLevel(logging.ERROR)
    uvloop.run(_serve(application, host, port, threads))


async def _serve(
    application: WsgiApplication, host: str, port: int, threads: int
) -> None:
    server = Server(
        Threaded(application, threads),
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES
        ),
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


if __name__ == "__main__":
    from hci_center.wsgi import application

    serve(application, settings.HOST, settings.PORT, settings.WEB_THREADS)
