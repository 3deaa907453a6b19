"""The server of the sockets: uvicorn's protocol, opened for ready-made frames.

The hub makes the frame of an event once and hands the same bytes to a thousand
sockets; going through ASGI's `send` would frame it a thousand times over (measured in
bench/feed: a third fewer deliveries).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request

from hci_center.feed.sockets.connection import Close, Connection
from hci_center.limits import allow_many_connections
from hci_center.webserver.http_protocol import BoundedHttp

WIRE = "hci.wire"
# What a client may say in one frame, in bytes.
LONGEST_INBOUND = 4096
# In how many parts it may be sent; empty parts count too.
MOST_FRAGMENTS = 16


class FeedProtocol(WebSocketsSansIOProtocol):
    """A `Wire`: frames go straight to the transport, and what cannot be sent counts."""

    line: Connection | None = None
    pong = b""
    # The transport's own: with a thousand sockets each step in between is felt.
    write: Callable[[bytes], None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.write = self.transport.write

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            # uvicorn leaves the answer to a request that websockets refuses unsent,
            # and the connection open.
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[WIRE] = self

    def set_high_water(self, waiting: int) -> None:
        self.transport.set_write_buffer_limits(high=waiting)

    async def drained(self) -> None:
        if not self.writable.is_set():
            await self.writable.wait()

    def pause_writing(self) -> None:
        super().pause_writing()
        line = self.line
        if line is not None and line.audience is not None:
            # Not at once: the hub is in the middle of writing to its sockets.
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
        # Whoever does not read does not answer either.
        self.close_timer = self.loop.call_later(
            self.close_timeout, self.transport.abort
        )

    def drop_handshake(self) -> None:
        """Lets go of what only the handshake needed: a third of a socket's memory."""
        self.request = self.response = None  # type: ignore[assignment]
        headers: list[Any] = self.scope["headers"]  # type: ignore[assignment]
        headers.clear()

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            # It does not read: its pongs would pile up. RFC 6455 (5.5.3) lets the
            # latest one answer for all.
            self.pong = b"".join(self.conn.data_to_send())

    def resume_writing(self) -> None:
        super().resume_writing()
        pong, self.pong = self.pong, b""
        if pong:
            self.transport.write(pong)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
        else:
            self.close_connection(Close.MALFORMED)

    # However a socket ends, the hub stops writing to it first.

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
        line = self.line
        if line is not None and not self.writable.is_set():
            self.close_connection(Close.TOO_SLOW)

    def _release(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            line.closed()


def serve() -> None:
    """Serves the sockets until SIGTERM; then every client is told to come back."""
    allow_many_connections()
    uvicorn.run(
        "hci_center.asgi:application",
        host=settings.HOST,
        port=settings.FEED_PORT,
        loop="uvloop",
        http=BoundedHttp,
        ws=FeedProtocol,
        ws_max_size=LONGEST_INBOUND,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        lifespan="on",
        backlog=4096,
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
