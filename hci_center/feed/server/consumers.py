"""The consumer: who are you, where did you stop; the rest is the hub's."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async

from hci_center.feed import tickets
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.server import session_auth
from hci_center.feed.server.protocol import WIRE, FeedProtocol
from hci_center.feed.sockets.connection import Close, Connection
from hci_center.feed.sockets.hub import Hub
from hci_center.feed.sockets.replay import Hello, catch_up, read_hello

logger = logging.getLogger(__name__)

HELLO_WITHIN = 10.0

hub = Hub()


class OperatorFeed(AsyncConsumer):
    """One socket of the live feed.

    It has no channel of its own in the layer and no second task: the hub, one for the
    process, hears for all and writes to the sockets itself.
    """

    line: Connection
    deadline: asyncio.TimerHandle
    headers: dict[str, str] | None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        wire: FeedProtocol = scope["extensions"][WIRE]
        self.headers = session_auth.headers_of(scope)
        await hub.ready()
        await send({"type": "websocket.accept"})
        wire.drop_handshake()
        self.line = Connection(hub, wire)
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(
            HELLO_WITHIN, wire.close_connection, Close.REFUSED
        )
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.deadline.cancel()
                return
            self._receive(message.get("text"))

    def _receive(self, text: str | None) -> None:
        line = self.line
        try:
            sent = json.loads(text or "")
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict) or not isinstance(sent.get("t"), str):
            line.transport.close_connection(Close.MALFORMED)
        elif sent["t"] == "hi" and self.headers is not None:
            hello = read_hello(sent)
            if hello is None:
                line.transport.close_connection(Close.MALFORMED)
                return
            self.deadline.cancel()
            headers, self.headers = self.headers, None
            line.task = asyncio.create_task(_welcome(line, hello, headers))
        elif sent["t"] in ("viewing", "typing") and line.audience is not None:
            hub.follow(line, sent)


async def _welcome(line: Connection, hello: Hello, headers: dict[str, str]) -> None:
    """From `hi` to live, or to the reason why not."""
    try:
        identity = await _identify(hello, headers)
        if not line.is_open:
            return
        if identity is None or await hub.credentials.join(line, identity) is None:
            line.transport.close_connection(Close.REFUSED)
        elif not hub.credentials.has_room(line):
            line.transport.close_connection(Close.TOO_MANY)
        else:
            await catch_up(hub, line, hello)
    except DatabaseAwayError:
        line.transport.close_connection(Close.RESTART)
    except Exception:
        # The one place where a fault of ours must not leave a socket open and deaf.
        logger.exception("A socket could not be welcomed")
        line.transport.close_connection(Close.FAULT)
    finally:
        line.task = None


async def _identify(hello: Hello, headers: dict[str, str]) -> SocketIdentity | None:
    if hello.ticket is not None:
        return await tickets.redeem(hub.database, hello.ticket)
    if not session_auth.is_own_page(headers["origin"], headers["host"]):
        return None
    identify = database_sync_to_async(session_auth.identify, thread_sensitive=False)
    return await identify(headers)
