"""Requests that hide another one: it is never run, straight or behind nginx."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.attacks.servers import wait_until
from tests.attacks.smuggling import VARIANTS, request_of
from tests.deploy.nginx import site_as_shipped, surrounded, without_redirection
from tests.ports import free_port

NUMBERS = {name: number for number, name in enumerate(VARIANTS, 10)}
# More than a server needs for an answer, if it gives one.
PATIENCE = 4.0
# Debian's nginx lets line feeds end chunks: it sees two requests, passes both on as
# such, and gives each its answer.
TWO_FOR_NGINX = {"chunks ended by line feeds"}
PATH = "/usr/sbin:/usr/local/sbin:/usr/bin"


class Verdicts:
    """What became of each variant: the answers, and what the application was asked."""

    def __init__(self, server: Any, port: int) -> None:
        before = len(server.log.read_text().split())
        opened = {}
        for name in VARIANTS:
            raw = connect(server, port)
            raw.sendall(request_of(name, NUMBERS[name]))
            opened[name] = raw
        with ThreadPoolExecutor(len(opened)) as readers:
            received = readers.map(self._received, opened.values())
            self.answers = dict(zip(opened, received, strict=True))
        # What was asked on another connection later has come after all of them.
        last = connect(server, port)
        last.sendall(b"GET /last HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert last.recv(12) == b"HTTP/1.1 200"
        self.asked = server.log.read_text().split()[before:]

    @staticmethod
    def _received(raw: Any) -> list[int]:
        content = b""
        try:
            while received := raw.recv(65536):
                content += received
        except (TimeoutError, ConnectionError):
            pass
        return [
            int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", content)
        ]


def connect(server: Any, port: int) -> Any:
    raw = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    server.opened.append(raw)
    return raw


@pytest.fixture(scope="module")
def straight(running_echo):
    return Verdicts(running_echo, running_echo.port)


@pytest.fixture(scope="module")
def behind_nginx(running_echo, tmp_path_factory):
    program = shutil.which("nginx", path=PATH)
    if program is None:
        pytest.skip("there is no nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    site = without_redirection(site_as_shipped())
    site = re.sub(r" *(ssl_|listen \[).*\n", "", site)
    site = site.replace("listen 443 ssl http2", f"listen 127.0.0.1:{port}")
    site = re.sub(r" *server 127.0.0.1:80[01]1.*\n", "", site)
    site = re.sub(r"127.0.0.1:80[01]0", f"127.0.0.1:{running_echo.port}", site)
    site = site.replace(
        "upstream hci_feed {", "upstream hci_feed { server 127.0.0.1:1;"
    )
    file = folder / "nginx.conf"
    file.write_text(surrounded(site, folder))
    process = subprocess.Popen([program, "-c", str(file), "-e", "stderr"])
    try:

        def listens() -> bool:
            assert process.poll() is None
            try:
                connect(running_echo, port)
            except ConnectionRefusedError:
                return False
            return True

        wait_until(listens)
        yield Verdicts(running_echo, port)
    finally:
        # It would leave its workers behind if it were killed.
        process.terminate()
        process.wait(20)


def test_there_are_enough() -> None:
    assert len(VARIANTS) >= 26


@pytest.mark.parametrize("way", ["straight", "behind_nginx"])
@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_hidden_is_not_run(request, way, name):
    verdicts, number = request.getfixturevalue(way), NUMBERS[name]
    hidden = verdicts.asked.count(f"/smuggled/{number}")
    assert hidden == (way == "behind_nginx" and name in TWO_FOR_NGINX)
    answers = verdicts.answers[name]
    # One request has one answer, or what is no request is refused.
    assert len(answers) == 1 + hidden, answers
    assert set(answers) <= {200, 400, 411, 413, 501}
