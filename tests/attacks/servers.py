"""Servers to attack over raw sockets, and measurements of what attacks cost them."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
MiB = 2**20


class Server:
    """A listening process whose memory can be measured."""

    def __init__(self, log, module, *arguments, **environment):
        self.port, self.log, self.opened = free_port(), log, []
        filled = [part.format(port=self.port) for part in arguments]
        given = {name: v.format(port=self.port) for name, v in environment.items()}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *filled],
                cwd=ROOT,
                env={**os.environ, **given},
                stderr=out,
            )
        wait_until(self._listens)

    def _listens(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            self.socket().close()
        except ConnectionRefusedError:
            return False
        return True

    def socket(self, seconds=20):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        self.opened.append(raw)
        return raw

    def ask(self, method, path, body=None, headers=None):
        """Sends one request; returns the response's status, headers and content."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            client.request(method, path, body, headers or {})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            client.close()

    def memory(self, what="VmRSS"):
        """Returns MiB: VmRSS is the current size, VmHWM the peak since the reset."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(f"{what}:")[2].split()[0]) / 1024

    def forget_peak(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def hang_up(self):
        for raw in self.opened:
            raw.close()
        self.opened.clear()

    def stop(self):
        self.hang_up()
        self.process.kill()
        self.process.wait()


def wait_until(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def answer_of(raw):
    """Reads one response from the socket: its status, headers and content."""
    answer = http.client.HTTPResponse(raw)
    answer.begin()
    return answer.status, answer.headers, answer.read()


def is_closed(raw):
    """Returns whether the peer closes the connection before the socket's timeout."""
    try:
        while raw.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def pour(raw, block, total):
    """Sends the block until the connection is cut; returns the bytes sent."""
    sent = 0
    try:
        while sent < total:
            raw.sendall(block)
            sent += len(block)
    except OSError:
        pass
    return sent


def measured(name, before, server, began, **more):
    """Prints a figure for the report of `bin/faults`."""
    said = " ".join(f"{key}={value}" for key, value in more.items())
    print(  # noqa: T201 - read by people, with pytest's -rP
        f"{name}: RSS {before:.0f} -> {server.memory('VmHWM'):.0f} at most,"
        f" {server.memory():.0f} after, MB; {time.monotonic() - began:.1f} s {said}"
    )
