"""Runs Django as WSGI, in a bounded number of threads, under an ASGI server.

The server's event loop takes requests in, whole (see the body guard), and gives
answers out; a thread is busy with Django alone. Each thread keeps one connection to
the database, so there are never more of those than threads.
"""

from __future__ import annotations

import asyncio
import io
import logging
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from queue import SimpleQueue
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError

from hci_center.api.body_guard import (
    Body,
    BodyGuard,
    ClientGoneError,
    Message,
    Receive,
    Request,
    Scope,
    TooLargeError,
    UnknownSenderError,
)
from hci_center.api.errors import answer_refusal
from hci_center.api.reading import TOO_LARGE
from hci_center.api.senders import is_known_sender
from hci_center.errors import RefusedError, UnavailableError
from hci_center.local.wsgi_environ import PIECE, Environ, FileAnswer, environ_of

logger = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
Jobs = SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]]
StartResponse = Callable[..., Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]
Send = Callable[[Message], Awaitable[None]]

# A reader that takes none of a streamed answer for so long has lost interest.
STALLED = 30.0
PROBES = ("healthz", "readyz")


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


class Probe:
    """One kind of probe: answered in its own thread, equal ones together.

    `/readyz` may take its two seconds while a server is frozen; those who ask
    meanwhile get the same answer instead of a turn each.
    """

    def __init__(self) -> None:
        self.jobs: Jobs = SimpleQueue()
        self._under_way: dict[Any, asyncio.Future[Reply]] = {}

    async def answer(self, application: WsgiApplication, environ: Environ) -> Reply:
        language = environ.get("HTTP_ACCEPT_LANGUAGE", "")[:64]
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"], language)
        done = self._under_way.get(asked)
        if done is None:
            loop = asyncio.get_running_loop()
            done = self._under_way[asked] = loop.create_future()
            done.add_done_callback(lambda _done: self._under_way.pop(asked))
            environ["wsgi.input"] = io.BytesIO()
            self.jobs.put((_run, (application, environ, loop, done)))
        return await asyncio.shield(done)


class Threaded:
    """The ASGI application around a WSGI one."""

    def __init__(self, application: WsgiApplication, threads: int) -> None:
        self.application = application
        self.guard = BodyGuard()
        self.jobs: Jobs = SimpleQueue()
        for number in range(threads):
            self._start(f"django-{number}", self.jobs)
        # Probes are answered while all of those are busy: each kind has a thread.
        self.probes = {name: Probe() for name in PROBES}
        for name, probe in self.probes.items():
            self._start(f"probe-{name}", probe.jobs)

    def _start(self, name: str, jobs: Jobs) -> None:
        def work() -> None:
            while True:
                job, arguments = jobs.get()
                job(*arguments)

        threading.Thread(target=work, name=name, daemon=True).start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        environ = environ_of(scope)
        probe = self.probes.get(environ["PATH_INFO"].strip("/"))
        if probe is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            reply = await probe.answer(self.application, environ)
            await send(reply.message())
            await send({"type": "http.response.body", "body": reply.body})
            return
        application, body = self.application, b""
        length = environ.get("CONTENT_LENGTH")
        held: Body | None = None
        try:
            if length is not None or "HTTP_TRANSFER_ENCODING" in environ:
                held = Body(self.guard, self._request_of(environ, length))
                try:
                    body = await self.guard.read(receive, held)
                except TooLargeError:
                    environ[TOO_LARGE] = True
                    application = _closing(application)
                except UnknownSenderError:
                    # Refused for its credential, whatever the body says.
                    application = _closing(application)
                except ClientGoneError:
                    return
                except RefusedError as refusal:
                    application = _refusing(refusal)
                # Also of a chunked body, or Django would find it empty.
                environ["CONTENT_LENGTH"] = str(len(body))
            environ["wsgi.input"] = io.BytesIO(body)
            del body
            await self._answer(application, environ, send)
        finally:
            if held is not None:
                environ.pop("wsgi.input", None)
                held.release()

    def _request_of(self, environ: Environ, length: str | None) -> Request:
        return Request(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            address=environ["REMOTE_ADDR"],
            declared=int(length) if length is not None else None,
            waits="HTTP_EXPECT" in environ,
            is_known=partial(self._is_known, environ),
        )

    async def _is_known(self, environ: Environ) -> bool:
        """Whether the request carries a valid credential; asked in a thread of Django.

        Raises UnavailableError when the database cannot tell.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def ask() -> None:
            try:
                known: bool | None = is_known_sender(dict(environ))
            except DatabaseError:
                known = None
            loop.call_soon_threadsafe(tell, known)

        def tell(known: bool | None) -> None:
            if answer.cancelled():
                return
            if known is None:
                answer.set_exception(UnavailableError())
            else:
                answer.set_result(known)

        self.jobs.put((ask, ()))
        return await answer

    async def _answer(
        self, application: WsgiApplication, environ: Environ, send: Send
    ) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Reply] = loop.create_future()
        self.jobs.put((_run, (application, environ, loop, done)))
        reply = await done
        body = reply.body
        await send(reply.message())
        if isinstance(body, bytes):
            await send({"type": "http.response.body", "body": body})
            return
        try:
            while piece := body.read(PIECE):
                async with asyncio.timeout(STALLED):
                    await send(
                        {"type": "http.response.body", "body": piece, "more_body": True}
                    )
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            logger.info("Nobody read on in the answer to %s", environ["PATH_INFO"])
        finally:
            # Closing a response ends Django's request: a matter of its threads.
            self.jobs.put((body.close, ()))


def _run(
    application: WsgiApplication,
    environ: Environ,
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[Reply],
) -> None:
    """In a thread: calls the application and hands its answer to the loop."""
    reply = Reply()
    try:
        answer = application(environ, reply.start_response)
        if isinstance(answer, FileAnswer):
            reply.body = answer
        else:
            try:
                reply.body = _gathered(answer, reply)
            finally:
                if (close := getattr(answer, "close", None)) is not None:
                    close()
    except Exception:
        logger.exception("The answer to %s broke off", environ["PATH_INFO"])
        reply = Reply()
        reply.measure(0)
    loop.call_soon_threadsafe(done.set_result, reply)


def _gathered(answer: Iterable[bytes], reply: Reply) -> bytes | FileAnswer:
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


def _refusing(refusal: RefusedError) -> WsgiApplication:
    def application(environ: Environ, start_response: StartResponse) -> Any:
        response = answer_refusal(WSGIRequest(environ), refusal)
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.items()))
        return response

    return _closing(application)


def _closing(application: WsgiApplication) -> WsgiApplication:
    """The same, on a connection that ends with it: parts of a body may be left."""

    def closing(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, error: Any = None) -> None:
            start_response(status, [*headers, ("Connection", "close")], error)

        return application(environ, start)

    return closing
