"""The websocket server: uvicorn's protocol, extended to write ready-made frames.

The hub encodes the frame of an event once and writes the same bytes to a thousand
sockets; ASGI's `send` would encode it a thousand times (measured in bench/feed: a third
fewer deliveries).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from hci_center.feed.sockets.connection import Close, Connection
from hci_center.limits import allow_many_connections
from hci_center.listening import BACKLOG, listening_socket, run
from hci_center.request_ids import HEADER, id_for, new_id
from hci_center.webserver.http_protocol import BoundedHttp

TRANSPORT_KEY = "hci.transport"
# The longest frame that a client may send, in bytes.
LONGEST_INBOUND = 4096
# The most fragments that a frame may be sent in, counting empty ones.
MOST_FRAGMENTS = 16


class FeedProtocol(WebSocketsSansIOProtocol):
    """Implements `Transport`: writes frames directly and closes slow sockets."""

    connection: Connection | None = None
    pong = b""
    request_id = ""
    # The asyncio transport's method: with a thousand sockets, any wrapper costs time.
    write: Callable[[bytes], None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write = self.transport.write
        self.conn.send_response = self._answer_handshake  # type: ignore[method-assign]

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            # When websockets refuses a request, uvicorn neither sends the response nor
            # closes the connection.
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        given = event.headers.get_all("X-Request-Id")[:1]
        self.request_id = id_for([(HEADER, id_.encode()) for id_ in given])
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[TRANSPORT_KEY] = self

    def _answer_handshake(self, response: Response) -> None:
        """Gives every answer of the handshake the id of its request."""
        response.headers["X-Request-Id"] = self.request_id or new_id()
        ServerProtocol.send_response(self.conn, response)

    def set_high_water(self, waiting: int) -> None:
        self.transport.set_write_buffer_limits(high=waiting)

    async def drained(self) -> None:
        if not self.writable.is_set():
            await self.writable.wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        connection = self.connection
        if connection is not None and connection.audience is not None:
            # Not at once: the hub may be iterating over its sockets.
            self.loop.call_soon(self._close_slow)

    def close_connection(self, code: int) -> None:
        self._release()
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        # A client that does not read does not answer the close frame either.
        self.close_timer = self.loop.call_later(
            self.close_timeout, self.transport.abort
        )

    def drop_handshake(self) -> None:
        """Frees what only the handshake needed: a third of a socket's memory."""
        self.request = self.response = None  # type: ignore[assignment]
        headers: list[Any] = self.scope["headers"]  # type: ignore[assignment]
        headers.clear()
        del self.conn.send_response

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            # The client does not read, so pongs would accumulate. RFC 6455 (5.5.3)
            # allows the latest one to answer all pings.
            self.pong = b"".join(self.conn.data_to_send())

    def resume_writing(self) -> None:
        super().resume_writing()
        pong, self.pong = self.pong, b""
        if pong:
            self.transport.write(pong)

    def send_receive_event_to_app(self) -> None:
        """Closes the socket for a text that is not UTF-8; uvicorn also logs an error."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.close_connection(Close.MALFORMED)
                return
        super().send_receive_event_to_app()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        else:
            self.close_connection(Close.MALFORMED)

    # However a socket is closed, the hub must stop writing to it first.

    def handle_close(self, event: Frame) -> None:
        self._release()
        super().handle_close(event)

    def handle_parser_exception(self) -> None:
        self._release()
        super().handle_parser_exception()

    def keepalive_timeout(self) -> None:
        self._release()
        super().keepalive_timeout()

    def shutdown(self) -> None:
        self._release()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        super().connection_lost(exc)

    def _close_slow(self) -> None:
        connection = self.connection
        if connection is not None and not self.writable.is_set():
            self.close_connection(Close.TOO_SLOW)

    def _release(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.closed()


def serve(descriptor: int | None = None) -> None:
    """Serves the sockets until SIGTERM, then closes them so that clients reconnect.

    `descriptor` is that of a listening socket, if another process keeps one open.
    """
    allow_many_connections()
    listening = listening_socket(settings.HOST, settings.FEED_PORT, descriptor)
    config = uvicorn.Config(
        "hci_center.asgi:application",
        loop="uvloop",
        http=BoundedHttp,
        ws=FeedProtocol,
        ws_max_size=LONGEST_INBOUND,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        backlog=BACKLOG,
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    run(config, listening)
