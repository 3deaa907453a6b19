"""Threads that run Django, and the requests that wait for one."""

from __future__ import annotations

import asyncio
import io
import itertools
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import ClassVar

from hci_center.webserver.answers import Reply, WsgiApplication, call_for
from hci_center.webserver.environ import Environ

Jobs = SimpleQueue[Callable[[], None]]

# A request that waited this long for a thread gets a 503; it was not run.
LONGEST_WAIT = 9.0


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

    def __len__(self) -> int:
        return len(self._since)

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
