"""Stopping and replacing a server under load: no request is cut off without a response."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from hci_center.listening import listen
from tests.attacks.servers import wait_until
from tests.ports import free_port
from tests.webserver.test_body_reader import ROOT, EchoServer

CALLERS = 4


class Restarted:
    """A listening socket that stays open, and the processes that serve it in turn."""

    def __init__(self, log):
        self.port = free_port()
        self.listening, self.log = listen("127.0.0.1", self.port), log.open("wb")
        self.process = self.start()

    def start(self):
        descriptor = self.listening.fileno()
        return subprocess.Popen(
            [sys.executable, "-m", "tests.webserver.echo", f"fd={descriptor}"],
            cwd=ROOT,
            stderr=self.log,
            pass_fds=(descriptor,),
        )

    def replace(self):
        self.process.terminate()
        self.process.wait(15)
        self.process = self.start()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.listening.close()
        self.log.close()


class Caller(threading.Thread):
    """Calls over and over, on one connection or on one for each call."""

    def __init__(self, port, *, keeps):
        super().__init__()
        self.port, self.keeps = port, keeps
        self.answered, self.failed, self.enough = 0, [], False

    def run(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.enough:
            try:
                client.request("POST", "/x", b"{}")
                answer = client.getresponse()
                assert answer.status == 200
                answer.read()
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.failed.append(repr(error))
                client.close()
            self.answered += 1
            if not self.keeps:
                client.close()
        client.close()


@pytest.fixture
def restarted(tmp_path):
    running = Restarted(tmp_path / "log")
    yield running
    running.stop()


def test_a_restart_fails_no_call(restarted):
    callers = [Caller(restarted.port, keeps=n % 2) for n in range(CALLERS)]
    for caller in callers:
        caller.start()
    for _ in range(2):
        more = [caller.answered + 20 for caller in callers]
        wait_until(
            lambda more=more: all(
                caller.answered > least
                for caller, least in zip(callers, more, strict=True)
            )
        )
        restarted.replace()
    for caller in callers:
        caller.enough = True
    for caller in callers:
        caller.join()
    assert [caller.failed for caller in callers] == [[]] * CALLERS


def test_an_upload_that_is_too_slow_for_a_stop_is_refused(tmp_path):
    """In the envelope, with Retry-After; nothing is done."""
    server = EchoServer(tmp_path / "log", "3", "1")
    client = server.client()
    client.putrequest("POST", "/upload")
    client.putheader("Content-Length", "1000")
    client.endheaders(b"x")
    wait_until(lambda: server.call("GET", "/x")[0].status == 200)
    os.kill(server.process.pid, signal.SIGTERM)
    answer = client.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (503, "close")
    assert answer.getheader("Retry-After")
    assert json.loads(answer.read())["error"]["code"] == "unavailable"
    assert server.process.wait(timeout=5) in (0, -signal.SIGTERM)
    assert "/upload" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    server.stop()


def test_it_finishes_requests_when_it_is_stopped(tmp_path):
    server = EchoServer(tmp_path / "log")
    idle = server.client()
    idle.request("GET", "/x")
    idle.getresponse().read()
    busy = server.client()
    busy.request("GET", "/slow")
    time.sleep(0.3)
    os.kill(server.process.pid, signal.SIGTERM)
    assert busy.getresponse().status == 200
    assert server.process.wait(timeout=5) in (0, -signal.SIGTERM)
    server.stop()
