"""What a WSGI application answers, on its way from a thread to the event loop."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest

from hci_center.api.errors import answer_refusal
from hci_center.errors import RefusedError
from hci_center.webserver.body_reader import Message
from hci_center.webserver.environ import PIECE, Environ, FileAnswer

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]


class Reply:
    """What one call of the WSGI application came to."""

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
        """Adds the length of the body, where Django did not tell it."""
        if self.status in (204, 304):
            return
        if not any(name.lower() == "content-length" for name, _ in self.headers):
            self.headers = [*self.headers, ("Content-Length", str(length))]


def call(application: WsgiApplication, environ: Environ) -> Reply:
    """Calls the application; an answer that breaks off is a bare 500."""
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
        logger.exception("The answer to %s broke off", environ["PATH_INFO"])
        reply = Reply()
        reply.measure(0)
    return reply


def call_for(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[Reply],
    application: WsgiApplication,
    environ: Environ,
) -> None:
    """In a thread: calls the application for one who waits in the loop."""
    reply = call(application, environ)
    loop.call_soon_threadsafe(done.set_result, reply)


def _gather(answer: Iterable[bytes], reply: Reply) -> bytes | FileAnswer:
    """A whole answer as it is; a streamed one by way of a temporary file.

    So a slow reader never holds a thread, and a stream that breaks off is an error
    answer and not a short file.
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
    """An application that answers with that refusal, whatever is asked."""

    def application(environ: Environ, start_response: StartResponse) -> Any:
        response = answer_refusal(WSGIRequest(environ), refusal)
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.items()))
        return response

    return application


def closing(application: WsgiApplication) -> WsgiApplication:
    """The same, on a connection that ends with it: parts of a body may be left."""

    def closed(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, error: Any = None) -> None:
            start_response(status, [*headers, ("Connection", "close")], error)

        return application(environ, start)

    return closed
