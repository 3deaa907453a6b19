"""A server is replaced while others call it: nobody is refused, nothing is cut off."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading

import pytest

from hci_center.listening import listen
from tests.attacks.servers import wait_until
from tests.ports import free_port
from tests.webserver.test_body_reader import ROOT

CALLERS = 4


class Restarted:
    """A socket that is kept open, and the processes that serve it in turn."""

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
