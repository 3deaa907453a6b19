"""Thousands of connections at once, half of them silent: other clients are served."""

from __future__ import annotations

import resource
import select
import socket
import threading
import time

import pytest

from tests.attacks.servers import is_closed, measured
from tests.counts import count

CONNECTIONS = count(300, full=2000)
# Besides the files that this process has open anyway.
FILES = CONNECTIONS + 500
# Memory for each connection, with its request and response.
EACH_KB = 64
ASKED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module", autouse=True)
def _open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < FILES:
        pytest.skip("this process may not open as many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Others:
    """A client that makes requests again and again, on a new connection each time."""

    def __init__(self, server):
        self.server, self.took, self.statuses = server, [], set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.ask)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def ask(self):
        while not self.stopped.is_set():
            began = time.monotonic()
            self.statuses.add(self.server.ask("GET", "/healthz")[0])
            self.took.append(time.monotonic() - began)


def answered(opened):
    """Returns how many of the sockets get a 200 within half a minute."""
    waiting, good = {raw.fileno(): raw for raw in opened}, 0
    poller = select.poll()
    for number in waiting:
        poller.register(number, select.POLLIN)
    until = time.monotonic() + 30
    while waiting and time.monotonic() < until:
        for number, _event in poller.poll(1000):
            raw = waiting.pop(number)
            poller.unregister(number)
            good += raw.recv(65536).startswith(b"HTTP/1.1 200")
    return good


def test_other_clients_are_served_during_a_storm_of_connections(either):
    before, began = either.memory(), time.monotonic()
    either.forget_peak()
    opened = []
    try:
        with Others(either) as others:
            for place in range(CONNECTIONS):
                raw = socket.socket()
                raw.settimeout(20)
                opened.append(raw)
                raw.connect(("127.0.0.1", either.port))
                if place % 2:
                    raw.sendall(ASKED)
            asking, silent = opened[1::2], opened[::2]
            assert answered(asking) == len(asking)
            # The server closes the silent connections after a time.
            assert all(is_closed(raw) for raw in silent)
        assert others.statuses == {200}
    finally:
        for raw in opened:
            raw.close()
    assert either.memory("VmHWM") < before + 20 + CONNECTIONS * EACH_KB / 1024
    took = sorted(others.took)
    measured(
        f"{CONNECTIONS} connections at once",
        before,
        either,
        began,
        others=len(took),
        p95=f"{took[len(took) * 95 // 100]:.3f} s",
    )
