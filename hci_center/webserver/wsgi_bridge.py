"""Runs Django as a WSGI application in a bounded number of threads.

The ASGI server's event loop reads whole requests (see BodyGuard) and sends responses; a
thread only runs Django. Each thread keeps one database connection, so there are never
more connections than threads.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from queue import SimpleQueue
from time import perf_counter

from django.db import DatabaseError

from hci_center.api.request_parsing import TOO_LARGE
from hci_center.api.senders import is_known_sender
from hci_center.errors import RefusedError, UnavailableError
from hci_center.limits import collect_and_give_back
from hci_center.logs.requests import CALLER, DATABASE, ROUTE, UNMATCHED, line_of
from hci_center.metrics.access import CONTENT_TYPE, refusal
from hci_center.metrics.exposition import exposition
from hci_center.request_ids import KEY, new_id
from hci_center.webserver.answers import (
    Reply,
    StartResponse,
    WsgiApplication,
    call,
    call_for,
    closing,
    plain_text,
    refusing,
)
from hci_center.webserver.body_pools import Pool, Request
from hci_center.webserver.body_reader import (
    Body,
    BodyGuard,
    ClientGoneError,
    Message,
    Receive,
    Scope,
    TooLargeError,
    UnknownSenderError,
)
from hci_center.webserver.environ import PIECE, Environ, environ_of
from hci_center.webserver.metrics import WebMetrics
from hci_center.webserver.threads import Jobs, Probe, Waiting, start_thread

logger = logging.getLogger(__name__)

Send = Callable[[Message], Awaitable[None]]

# A client that reads nothing of a streamed response for this long is dropped.
STALLED = 30.0
# Concurrent large bodies. Each is in memory at least twice, and parsing it blocks all
# other threads.
LARGE_AT_ONCE = 1
LARGE_WAIT = 60.0
PROBES = ("healthz", "readyz")
# Set in the environ of a request whose response has begun.
HAS_BEGUN = "hci.has_begun"
# The status in the log for a client that left before its request was complete.
CLIENT_GONE = 499


class Threaded:
    """The ASGI application that wraps a WSGI application.

    `log` gets a line for each request that was answered, but for probes and metrics,
    `count` its caller ("key:7", "user:12"), if it has one.
    """

    def __init__(
        self,
        application: WsgiApplication,
        threads: int,
        log: Callable[[bytes], None] | None = None,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self.application = application
        self.threads = threads
        self.log = log
        self.count = count
        self.metrics = WebMetrics(self._measure)
        # Requests that wait for a thread or have one.
        self._in_threads = 0
        self.guard = BodyGuard()
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.waiting = Waiting()
        self.jobs: Jobs = SimpleQueue()
        for number in range(threads):
            start_thread(f"django-{number}", self.jobs)
        self.probes = {f"/{name}": Probe(application, name) for name in PROBES}
        self.probes["/metrics"] = Probe(self._expose, "metrics")
        self.probes |= {f"{path}/": probe for path, probe in self.probes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        environ = environ_of(scope)
        environ[KEY] = scope.get(KEY) or new_id()
        probe = self.probes.get(environ["PATH_INFO"])
        if probe is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            await self._send(await self._probe(probe, environ), environ, send)
            return
        begun = perf_counter()
        status = CLIENT_GONE
        try:
            status = await self._respond(environ, receive, send)
        except asyncio.CancelledError:
            status = await self._cut_off(environ, send)
        finally:
            self._record(environ, status, perf_counter() - begun)

    async def _cut_off(self, environ: Environ, send: Send) -> int:
        """Refuses a request that was not over when the server had to stop.

        Most are uploads that are not complete, so nothing has been done. A response
        that has begun is broken off.
        """
        if environ.get(HAS_BEGUN):
            return CLIENT_GONE
        reply = call(closing(refusing(UnavailableError())), environ)
        await self._send(reply, environ, send)
        return reply.status

    async def _respond(self, environ: Environ, receive: Receive, send: Send) -> int:
        """Answers a request and returns the status."""
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
            reply = await self._reply(self.application, environ)
            await self._send(reply, environ, send)
            return reply.status
        body = Body(self.guard, Request(environ, partial(self._is_known, environ)))
        try:
            return await self._answer(body, environ, receive, send)
        finally:
            body.release()

    async def _answer(
        self, body: Body, environ: Environ, receive: Receive, send: Send
    ) -> int:
        application = self.application
        environ["CONTENT_LENGTH"], environ["wsgi.input"] = "0", io.BytesIO()
        try:
            await self.guard.read(receive, body)
            environ["wsgi.input"] = body.stream()
            # Also set for a chunked body, which Django would otherwise take for empty.
            environ["CONTENT_LENGTH"] = str(body.size)
        except ClientGoneError:
            return CLIENT_GONE
        except (TooLargeError, UnknownSenderError) as error:
            # The application responds with the refusal, for the size or the
            # credential.
            environ[TOO_LARGE] = isinstance(error, TooLargeError)
            application = closing(application)
        except RefusedError as refusal:
            application = closing(refusing(refusal))
        if body.is_large and application is self.application:
            reply = await self._reply_to_large(environ)
        else:
            reply = await self._reply(application, environ)
        await self._send(reply, environ, send)
        return reply.status

    async def _reply_to_large(self, environ: Environ) -> Reply:
        try:
            await asyncio.wait_for(self.large.acquire(), LARGE_WAIT)
        except TimeoutError:
            return call(refusing(UnavailableError()), environ)
        try:
            return await self._reply(self.application, environ)
        finally:
            del environ["wsgi.input"]
            self.large.release()
            self.jobs.put(collect_and_give_back)

    async def _reply(self, application: WsgiApplication, environ: Environ) -> Reply:
        """Returns the application's response, run in a Django thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Reply] = loop.create_future()

        def give_up() -> None:
            if not done.done():
                done.set_result(call(refusing(UnavailableError()), environ))

        number = self.waiting.add(loop, give_up)

        def start_request() -> None:
            if self.waiting.take(number):
                call_for(loop, done, application, environ)

        self.jobs.put(start_request)
        self._in_threads += 1
        try:
            return await done
        finally:
            self._in_threads -= 1

    async def _send(self, reply: Reply, environ: Environ, send: Send) -> None:
        body = reply.body
        environ[HAS_BEGUN] = True
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
            logger.info(
                "The client stopped reading the response to request %s", environ[KEY]
            )
        finally:
            # Closing a response ends Django's request, which must happen in its
            # threads.
            self.jobs.put(body.close)

    # Metrics and the log ---------------------------------------------------------

    async def _probe(self, probe: Probe, environ: Environ) -> Reply:
        if probe.path == "/metrics":
            refused = refusal(environ.get("HTTP_AUTHORIZATION"))
            if refused is not None:
                return plain_text(*refused)
        return await probe.answer(environ)

    def _expose(
        self, _environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", CONTENT_TYPE)])
        return [exposition(self.metrics)]

    def _measure(self) -> dict[tuple[str, str], float]:
        waiting = len(self.waiting)
        measured: dict[tuple[str, str], float] = {
            ("threads", ""): self.threads,
            ("threads_busy", ""): max(0, self._in_threads - waiting),
            ("waiting", ""): waiting,
        }
        for name in ("unknown", "known", "on_disk"):
            pool: Pool = getattr(self.guard, name)
            measured["body_bytes", name] = pool.used[""]
            measured["body_bytes_limit", name] = pool.most
        return measured

    def record_refusal(self, status: int, request_id: str) -> None:
        """Records a request that was refused before it was complete."""
        self._record({"REQUEST_METHOD": "other", KEY: request_id}, status, 0.0)

    def _record(self, environ: Environ, status: int, seconds: float) -> None:
        self.metrics.record(
            environ["REQUEST_METHOD"],
            environ.get(ROUTE, UNMATCHED),
            status,
            seconds,
            environ.get(DATABASE, (0.0, 0)),
        )
        if self.count is not None and (caller := environ.get(CALLER)):
            self.count(caller)
        if self.log is not None:
            self.log(line_of(environ, status, seconds))

    async def _is_known(self, environ: Environ) -> bool:
        """Returns whether the request's credential is valid; runs in a Django thread.

        Raises UnavailableError when the database fails.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bool] = loop.create_future()

        def resolve(known: bool | None) -> None:
            if answer.done():
                return
            if known is None:
                answer.set_exception(UnavailableError())
            else:
                answer.set_result(known)

        def check() -> None:
            try:
                known: bool | None = is_known_sender(dict(environ))
            except DatabaseError:
                known = None
            loop.call_soon_threadsafe(resolve, known)

        self.jobs.put(check)
        return await answer
