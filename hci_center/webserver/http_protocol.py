"""uvicorn's HTTP protocol with limits on the size and speed of requests.

Used by the web process, and by the feed until a connection becomes a WebSocket.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar, cast

import httptools
from django.utils.translation import gettext_lazy as _
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from hci_center.api.envelope import failure, render_to_store
from hci_center.errors import InvalidError, RefusedError
from hci_center.request_ids import HEADER, KEY, id_for

HEADER_SECONDS = 15.0
# For the request line with the headers, and for the trailers after a chunked body.
HEADER_BYTES = 64 * 1024
MOST_HEADERS = 128
# Pipelined requests per connection behind the one being answered.
MOST_PIPELINED = 32
# A client that acknowledges nothing for this long is disconnected.
UNREAD_MILLISECONDS = 60_000
# Time and bytes read and discarded after a refusal: closing a connection with unread
# bytes resets it, and the client could not read the response.
LINGER_SECONDS = 2.0
LINGER_BYTES = 8 * 2**20
# How long a stopping server waits for a request that may be on its way on a connection
# without one. Closing at once would cut it off, and the client could not know whether
# it was run.
LAST_REQUEST_SECONDS = 1.0

# A key in the path comes before it (hci_center.path_keys).
API = (b"/api/", b"/k/")
# Headers of a protocol upgrade, which do not belong to the request.
UPGRADE_HEADERS = (b"upgrade", b"http2-settings")


class HeadersTooLargeError(RefusedError):
    status, code = 431, "headers_too_large"
    sentence = _("The headers of the request are too large.")


class HeadersTooSlowError(RefusedError):
    status, code = 408, "headers_too_slow"
    sentence = _("The headers of the request took too long to arrive.")


class NotHttpError(InvalidError):
    sentence = _("This is not a valid HTTP request.")


class BoundedHttp(HttpToolsProtocol):
    """Refuses requests with headers or trailers that are too large or too slow."""

    header_seconds: ClassVar[float] = HEADER_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.url, self.headers = b"", []
        # Bytes received since the last that were not headers.
        self._counted = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False
        self._thrown_away = 0
        self._is_stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS
            )
        self._start_deadline()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._discard_input(len(data))
            return
        self._unset_keepalive_if_required()
        self._counted += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            # Of an unknown method and of a wrong byte in it, the parser names no path.
            self.url = self.url or data.partition(b" ")[2]
            self._refuse(HeadersTooLargeError() if self._is_large() else NotHttpError())
        else:
            if self._counted > HEADER_BYTES or len(self.headers) > MOST_HEADERS:
                self._refuse(HeadersTooLargeError())
            elif self._unanswered() is None:
                # Also after an empty line between two requests.
                self._start_deadline()
            elif self._deadline is not None:
                self._stop_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._is_stopping = True
        if self._unanswered() is None:
            self.loop.call_later(LAST_REQUEST_SECONDS, self._close_unless_asked)
        else:
            super().shutdown()

    def _close_unless_asked(self) -> None:
        if self._unanswered() is None:
            self.transport.close()

    # Parser callbacks ------------------------------------------------------------

    def on_headers_complete(self) -> None:
        if len(self.headers) > MOST_HEADERS or (
            self._counted > HEADER_BYTES and self._is_large()
        ):
            raise ValueError("too large")
        # RFC 9112, 3.2: a proxy in front may read such a request differently.
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError("not one Host")
        self._counted = 0
        if self.parser.should_upgrade():
            # The request starts only once its protocol is known.
            self.scope["method"] = self.parser.get_method().decode("ascii")
            return
        super().on_headers_complete()
        if self._is_stopping:
            self.cycle.keep_alive = False
        # Its task has not started yet. Every response has the id, also uvicorn's own.
        request_id = id_for(self.headers)
        self.scope[KEY] = request_id  # type: ignore[literal-required]
        self.cycle.default_headers = [
            *self.cycle.default_headers,
            (HEADER, request_id.encode()),
        ]
        # The application reads the headers later. Trailers must not be among them:
        # they could pass for headers that only a proxy may set.
        self.headers = []
        if len(self.pipeline) > MOST_PIPELINED:
            raise ValueError("too many requests at once")

    def on_body(self, body: bytes) -> None:
        self._counted = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._counted = 0
        if not self.parser.should_upgrade():
            self.url = b""
            super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self.pipeline and self.cycle.more_body:
            # The rest of the body will not be read and may be endless.
            self.transport.close()
        super().on_response_complete()

    def _unanswered(self) -> RequestResponseCycle | None:
        """Returns the latest request with complete headers, unless it is answered."""
        cycle = cast(RequestResponseCycle | None, self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _is_large(self) -> bool:
        """Returns whether the headers alone are too large, without the body."""
        size = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return size + len(self.url) > HEADER_BYTES or len(self.headers) > MOST_HEADERS

    # Protocol upgrades -----------------------------------------------------------

    def _upgrade(self, rest: bytes) -> None:
        """Switches to WebSocket, or ignores the upgrade and answers over HTTP/1.1.

        The clients of Java and curl offer HTTP/2 with their first request. The parser
        treats what follows the headers as the other protocol, so the request is parsed
        again without the offer.
        """
        method = self.scope["method"].encode()
        if self._should_upgrade():
            self._stop_deadline()
            if self._is_stopping:
                self.transport.close()
                return
            self.handle_websocket_upgrade()
            return
        if method == b"CONNECT":
            self._refuse(NotHttpError())
            return
        version = self.parser.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                value = _without_offer(value)
            if value and name not in UPGRADE_HEADERS:
                lines.append(b"%s: %s" % (name, value))
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join([*lines, b"", rest]))

    # Refusals --------------------------------------------------------------------

    def _start_deadline(self) -> None:
        """Starts the timer for headers; most requests arrive whole and need none."""
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.header_seconds, self._too_slow)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.url:
            self._refuse(HeadersTooSlowError())
        else:
            self.transport.close()

    def _refuse(self, refusal: RefusedError) -> None:
        """Sends a refusal and reads no further requests on this connection.

        If an earlier request is still being answered, that response is finished and the
        refusal is not sent.
        """
        self._refused = True
        self._stop_deadline()
        cycle = self._unanswered()
        if cycle is not None:
            if self.pipeline or cycle.response_started or not cycle.more_body:
                cycle.keep_alive = False
                return
            # The body or the trailers of this request are refused.
            cycle.disconnected = True
            cycle.message_event.set()
        if not self.transport.is_closing():
            self.transport.write(self._refusal(refusal))
            self.transport.write_eof()
            self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _refusal(self, refusal: RefusedError) -> bytes:
        """Returns the response: in the envelope below /api/, else one line of text."""
        kind, content = b"text/plain; charset=utf-8", f"{refusal.sentence}\n".encode()
        if self.url.startswith(API):
            kind, content = b"application/json", render_to_store(failure(refusal))
        request_id = id_for(self.headers)
        record_refusal = getattr(self.app, "record_refusal", None)
        if record_refusal is not None:
            record_refusal(refusal.status, request_id)
        lines = [
            HEADER + b": " + request_id.encode(),
            b"content-type: " + kind,
            b"content-length: %d" % len(content),
            b"cache-control: no-store",
            b"connection: close",
        ]
        return STATUS_LINE[refusal.status] + b"\r\n".join([*lines, b"", content])

    def _discard_input(self, size: int) -> None:
        self._thrown_away += size
        if self._thrown_away > LINGER_BYTES:
            self.transport.close()


def _without_offer(connection: bytes) -> bytes:
    """Returns the Connection header without the upgrade's tokens."""
    tokens = [token.strip() for token in connection.split(b",")]
    return b", ".join(t for t in tokens if t.lower() not in UPGRADE_HEADERS)
