"""The websocket consumer: authenticates a client; the hub does the rest."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from django.db import Error

from hci_center.database import faults
from hci_center.feed import tickets
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.server import session_auth
from hci_center.feed.server.protocol import TRANSPORT_KEY, FeedProtocol
from hci_center.feed.sockets.connection import Close, Connection
from hci_center.feed.sockets.hub import Hub
from hci_center.feed.sockets.replay import Hello, catch_up, read_hello

logger = logging.getLogger(__name__)

HELLO_WITHIN = 10.0

hub = Hub()


class OperatorFeed(AsyncConsumer):
    """One socket of the live feed.

    It has no channel in the layer and no second task: the hub, one for the process,
    receives the changes for all sockets and writes to them directly.
    """

    connection: Connection
    deadline: asyncio.TimerHandle
    headers: dict[str, str] | None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        transport: FeedProtocol = scope["extensions"][TRANSPORT_KEY]
        self.headers = session_auth.headers_of(scope)
        await hub.ready()
        await send({"type": "websocket.accept"})
        transport.drop_handshake()
        self.connection = Connection(hub, transport)
        loop = asyncio.get_running_loop()
        self.deadline = loop.call_later(
            HELLO_WITHIN, transport.close_connection, Close.REFUSED
        )
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.deadline.cancel()
                return
            self._receive(message.get("text"))

    def _receive(self, text: str | None) -> None:
        connection = self.connection
        try:
            frame = json.loads(text or "")
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
            connection.transport.close_connection(Close.MALFORMED)
        elif frame["t"] == "hi" and self.headers is not None:
            hello = read_hello(frame)
            if hello is None:
                connection.transport.close_connection(Close.MALFORMED)
                return
            self.deadline.cancel()
            connection.also = hello.also
            headers, self.headers = self.headers, None
            connection.task = asyncio.create_task(_welcome(connection, hello, headers))
        elif frame["t"] in ("viewing", "typing") and connection.audience is not None:
            hub.follow(connection, frame)


async def _welcome(
    connection: Connection, hello: Hello, headers: dict[str, str]
) -> None:
    """Authenticates the client and makes its connection live, or closes it."""
    try:
        identity = await _identify(hello, headers)
        if not connection.is_open:
            return
        if identity is None or await hub.credentials.join(connection, identity) is None:
            connection.transport.close_connection(Close.REFUSED)
        elif not await hub.has_room(connection):
            connection.transport.close_connection(Close.TOO_MANY)
        else:
            await catch_up(hub, connection, hello)
            hub.log.opened(connection)
    except DatabaseAwayError:
        connection.transport.close_connection(Close.RESTART)
    except Exception:
        # Without this, a fault would leave the socket open without any events.
        logger.exception("A socket could not be set up")
        connection.transport.close_connection(Close.FAULT)
    finally:
        connection.task = None


async def _identify(hello: Hello, headers: dict[str, str]) -> SocketIdentity | None:
    """Returns who the client is, or None. Raises DatabaseAwayError."""
    if hello.ticket is not None:
        return await tickets.redeem(hub.database, hello.ticket)
    if not session_auth.is_own_page(headers["origin"], headers["host"]):
        return None
    identify = database_sync_to_async(session_auth.identify, thread_sensitive=False)
    try:
        return await identify(headers)
    except Error as error:
        if faults.fault_of(error) is None:
            raise
        raise DatabaseAwayError from error
