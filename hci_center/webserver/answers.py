"""Runs the WSGI application and passes its response to the event loop."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest

from hci_center.api.errors import answer_refusal
from hci_center.errors import RefusedError
from hci_center.request_ids import KEY
from hci_center.webserver.body_reader import Message
from hci_center.webserver.environ import PIECE, Environ, FileAnswer

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]


class Reply:
    """The response of one call of the WSGI application."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []
        self.body: bytes | FileAnswer = b""

    def start_response(self, status: str, headers: Headers, _exc: Any = None) -> None:
        self.status, self.headers = int(status[:3]), headers

    def message(self) -> Message:
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in self.headers
        ]
        return {
            "type": "http.response.start",
            "status": self.status,
            "headers": headers,
        }

    def measure(self, length: int) -> None:
        """Adds the Content-Length header where Django did not set it."""
        if self.status in (204, 304):
            return
        if not any(name.lower() == "content-length" for name, _ in self.headers):
            self.headers = [*self.headers, ("Content-Length", str(length))]


def plain_text(status: int, text: bytes) -> Reply:
    """Returns a response that no application has made."""
    reply = Reply()
    reply.status, reply.body = status, text
    reply.headers = [("Content-Type", "text/plain; charset=utf-8")]
    if status == 401:
        reply.headers.append(("WWW-Authenticate", "Bearer"))
    reply.measure(len(text))
    return reply


def call(application: WsgiApplication, environ: Environ) -> Reply:
    """Calls the application; a response that fails midway becomes a bare 500."""
    reply = Reply()
    try:
        answer = application(environ, reply.start_response)
        if isinstance(answer, FileAnswer):
            reply.body = answer
            return reply
        try:
            reply.body = _gather(answer, reply)
        finally:
            if (close := getattr(answer, "close", None)) is not None:
                close()
    except Exception:
        logger.exception(
            "The response to request %s failed while it was read", environ.get(KEY, "")
        )
        reply = Reply()
        reply.measure(0)
    return reply


def call_for(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[Reply],
    application: WsgiApplication,
    environ: Environ,
) -> None:
    """Calls the application in a thread and resolves a future of the event loop."""
    reply = call(application, environ)
    loop.call_soon_threadsafe(done.set_result, reply)


def _gather(answer: Iterable[bytes], reply: Reply) -> bytes | FileAnswer:
    """Returns a complete response as it is; a streamed one in a temporary file.

    So a slow reader never occupies a thread, and a stream that fails midway becomes an
    error response, not a truncated file.
    """
    if not getattr(answer, "streaming", False):
        whole = b"".join(answer)
        reply.measure(len(whole))
        return whole
    file = tempfile.SpooledTemporaryFile(max_size=4 * PIECE)  # noqa: SIM115 - sent later
    try:
        for piece in answer:
            file.write(piece)
    except BaseException:
        file.close()
        raise
    reply.measure(file.tell())
    file.seek(0)
    return FileAnswer(file)


def refusing(refusal: RefusedError) -> WsgiApplication:
    """Returns an application that always responds with that refusal."""

    def application(environ: Environ, start_response: StartResponse) -> Any:
        response = answer_refusal(WSGIRequest(environ), refusal)
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.items()))
        return response

    return application


def closing(application: WsgiApplication) -> WsgiApplication:
    """Returns the application with `Connection: close` added to its response.

    Used when unread parts of a body may remain on the connection.
    """

    def closed(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, error: Any = None) -> None:
            start_response(status, [*headers, ("Connection", "close")], error)

        return application(environ, start)

    return closed
