"""Routes of the feed's port: the socket, with or without a slash, and two probes."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from channels.routing import URLRouter
from django.urls import re_path

from hci_center.feed.server.consumers import OperatorFeed, hub
from hci_center.metrics.access import CONTENT_TYPE, refusal


async def refuse(_scope: Any, receive: Any, send: Any) -> None:
    """Rejects the handshake of any other path with 403."""
    await receive()
    await send({"type": "websocket.close"})


# Channels uses Django's patterns for ASGI applications, which are no views.
_routes: Any = [
    re_path(r"^api/socket/?$", cast(Any, OperatorFeed.as_asgi())),
    re_path(r"", cast(Any, refuse)),
]
websocket: Any = URLRouter(_routes)


async def http(scope: Any, _receive: Any, send: Any) -> None:
    """Answers /healthz and, with the key, /metrics; 404 for any other path."""
    status, body = 404, b"There is nothing here but the socket.\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if scope["path"] == "/healthz":
        status, body = 200, b"ok\n"
    elif scope["path"] == "/metrics":
        refused = refusal(_authorization(scope))
        if refused is not None:
            status, body = refused
        else:
            status, body = 200, hub.report()
            headers = [(b"content-type", CONTENT_TYPE.encode())]
        if status == 401:
            headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _authorization(scope: Any) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            text: str = value.decode("latin-1")
            return text
    return None


async def lifespan(_scope: Any, receive: Any, send: Any) -> None:
    """Starts and stops the hub with the process."""
    starting: asyncio.Task[None] | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            # Not awaited: sockets are accepted, and wait, while the database is away.
            starting = asyncio.create_task(hub.ready())
            await send({"type": "lifespan.startup.complete"})
        else:
            if starting is not None:
                starting.cancel()
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
