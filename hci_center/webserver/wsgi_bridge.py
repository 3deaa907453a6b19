"""Runs Django as a WSGI application in a bounded number of threads.

The ASGI server's event loop reads whole requests (see BodyGuard) and sends responses; a
thread only runs Django. Each thread keeps one database connection, so there are never
more connections than threads.
"""

from __future__ import annotations

import asyncio
import gc
import io
import itertools
import logging
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from queue import SimpleQueue
from typing import ClassVar

from django.db import DatabaseError

from hci_center.api.request_parsing import TOO_LARGE
from hci_center.api.senders import is_known_sender
from hci_center.errors import RefusedError, UnavailableError
from hci_center.limits import give_memory_back
from hci_center.webserver.answers import (
    Reply,
    WsgiApplication,
    call,
    call_for,
    closing,
    refusing,
)
from hci_center.webserver.body_pools import Request
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

logger = logging.getLogger(__name__)

Jobs = SimpleQueue[Callable[[], None]]
Send = Callable[[Message], Awaitable[None]]

# A client that reads nothing of a streamed response for this long is dropped.
STALLED = 30.0
# A request that waited this long for a thread gets a 503; it was not run.
LONGEST_WAIT = 9.0
# Concurrent large bodies. Each is in memory at least twice, and parsing it blocks all
# other threads.
LARGE_AT_ONCE = 1
LARGE_WAIT = 60.0
PROBES = ("healthz", "readyz")


def start_thread(name: str, jobs: Jobs) -> None:
    """Starts a daemon thread that runs jobs one after another."""

    def work() -> None:
        while True:
            jobs.get()()

    threading.Thread(target=work, name=name, daemon=True).start()


class Probe:
    """A health check with its own thread, independent of Django's threads.

    `/readyz` may take two seconds while a server is frozen; requests that arrive
    meanwhile get the same response.
    """

    def __init__(self, application: WsgiApplication, name: str) -> None:
        self.application = application
        self.path = f"/{name}"
        self.jobs: Jobs = SimpleQueue()
        self._under_way: asyncio.Future[Reply] | None = None
        start_thread(f"probe-{name}", self.jobs)

    async def answer(self, environ: Environ) -> Reply:
        if self._under_way is None or self._under_way.done():
            loop = asyncio.get_running_loop()
            done = self._under_way = loop.create_future()
            probe_environ = {
                name: environ[name] for name in environ if name[:5] != "HTTP_"
            }
            probe_environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": self.path}
            probe_environ |= {"QUERY_STRING": "", "wsgi.input": io.BytesIO()}
            probe_environ.pop("CONTENT_LENGTH", None)
            self.jobs.put(
                partial(call_for, loop, done, self.application, probe_environ)
            )
        return await asyncio.shield(self._under_way)


class Waiting:
    """The requests that wait for a thread; each is run once or given up once."""

    longest: ClassVar[float] = LONGEST_WAIT

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._since: dict[int, tuple[float, Callable[[], None]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, loop: asyncio.AbstractEventLoop, give_up: Callable[[], None]) -> int:
        """Adds a request and returns its number; late ones are given up."""
        number = next(self._numbers)
        self._since[number] = (loop.time(), give_up)
        if self._timer is None:
            self._timer = loop.call_later(self.longest / 10, self._give_up_late, loop)
        return number

    def take(self, number: int) -> bool:
        """Removes a waiting request; returns whether it was still waiting."""
        return self._since.pop(number, None) is not None

    def _give_up_late(self, loop: asyncio.AbstractEventLoop) -> None:
        late = loop.time() - self.longest
        for number, (since, give_up) in list(self._since.items()):
            if since > late:
                break
            if self.take(number):
                give_up()
        self._timer = None
        if self._since:
            self._timer = loop.call_later(self.longest / 10, self._give_up_late, loop)


class Threaded:
    """The ASGI application that wraps a WSGI application."""

    def __init__(self, application: WsgiApplication, threads: int) -> None:
        self.application = application
        self.guard = BodyGuard()
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.waiting = Waiting()
        self.jobs: Jobs = SimpleQueue()
        for number in range(threads):
            start_thread(f"django-{number}", self.jobs)
        self.probes = {f"/{name}": Probe(application, name) for name in PROBES}
        self.probes |= {f"{path}/": probe for path, probe in self.probes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        environ = environ_of(scope)
        probe = self.probes.get(environ["PATH_INFO"])
        if probe is not None and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            await self._send(await probe.answer(environ), environ, send)
            return
        if "CONTENT_LENGTH" not in environ and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
            await self._send(
                await self._reply(self.application, environ), environ, send
            )
            return
        body = Body(self.guard, Request(environ, partial(self._is_known, environ)))
        try:
            await self._answer(body, environ, receive, send)
        finally:
            body.release()

    async def _answer(
        self, body: Body, environ: Environ, receive: Receive, send: Send
    ) -> None:
        application = self.application
        environ["CONTENT_LENGTH"], environ["wsgi.input"] = "0", io.BytesIO()
        try:
            await self.guard.read(receive, body)
            environ["wsgi.input"] = body.stream()
            # Also set for a chunked body, which Django would otherwise take for empty.
            environ["CONTENT_LENGTH"] = str(body.size)
        except ClientGoneError:
            return
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
            self.jobs.put(_collect)

    async def _reply(self, application: WsgiApplication, environ: Environ) -> Reply:
        """Returns the application's response, run in a Django thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Reply] = loop.create_future()

        def give_up() -> None:
            if not done.done():
                done.set_result(call(refusing(UnavailableError()), environ))

        number = self.waiting.add(loop, give_up)

        def take_up() -> None:
            if self.waiting.take(number):
                call_for(loop, done, application, environ)

        self.jobs.put(take_up)
        return await done

    async def _send(self, reply: Reply, environ: Environ, send: Send) -> None:
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
            logger.info(
                "The client stopped reading the response to %s", environ["PATH_INFO"]
            )
        finally:
            # Closing a response ends Django's request, which must happen in its
            # threads.
            self.jobs.put(body.close)

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


def _collect() -> None:
    """Returns the memory of a large body to the system."""
    gc.collect()
    give_memory_back()
