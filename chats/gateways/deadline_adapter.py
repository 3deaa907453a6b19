"""HTTP connections whose reads and writes end at the deadline of the current call."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from io import BufferedReader
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits of a call, in seconds: `read` between two bytes, `total` overall."""

    connect: float = 3.0
    read: float = 30.0
    total: float = 40.0

    def within(self, most: Timeouts) -> Timeouts:
        """Returns these timeouts, each limited to that of `most`."""
        return Timeouts(
            min(self.connect, most.connect),
            min(self.read, most.read),
            min(self.total, most.total),
        )


@dataclass(slots=True)
class Deadline:
    """The current thread's call: its deadline and whether it sent anything."""

    timeouts: Timeouts
    ends: float
    started: bool = False

    def remaining(self, most: float | None) -> float:
        left = self.ends - monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return left if most is None else min(left, most)


class _BoundedSocket:
    """A socket whose operations time out at the deadline of the current call.

    The timeouts of `requests` apply to each read, so a server that sends one byte a
    second could keep a call open for ever. Here each read and write gets the time that
    is left of the whole call.
    """

    def __init__(self, real: socket.socket, thread: threading.local) -> None:
        self._real, self._thread = real, thread
        self._timeout: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def sendall(self, data: Any) -> None:
        running: Deadline = self._thread.running
        self._real.settimeout(running.remaining(running.timeouts.read))
        running.started = True
        self._real.sendall(data)

    def recv_into(self, *args: Any) -> int:
        self._real.settimeout(self._thread.running.remaining(self._timeout))
        return self._real.recv_into(*args)

    def makefile(self, *_: Any, **__: Any) -> BufferedReader:
        # As socket.makefile does: the response may outlive the connection.
        self._real._io_refs += 1  # type: ignore[attr-defined]
        return BufferedReader(socket.SocketIO(self, "r"))  # type: ignore[arg-type]


class BoundedAdapter(HTTPAdapter):
    """HTTP adapter that opens bounded sockets."""

    def __init__(self, thread: threading.local) -> None:
        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                self.sock = _BoundedSocket(self.sock, thread)

        class Sealed(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                self.sock = _BoundedSocket(self.sock, thread)

        self._connections: dict[str, type] = {"http": Plain, "https": Sealed}
        super().__init__(pool_connections=32, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        pool.ConnectionCls = self._connections[pool.scheme]
        return pool
