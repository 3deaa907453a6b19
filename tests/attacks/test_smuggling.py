"""Smuggled requests never run, directly or behind a proxy."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.attacks.servers import wait_until
from tests.attacks.smuggling import VARIANTS, request_of
from tests.deploy import caddy
from tests.deploy.nginx import site_as_shipped, surrounded, without_redirection
from tests.ports import free_port

NUMBERS = {name: number for number, name in enumerate(VARIANTS, 10)}
# Longer than a server needs to respond, if it does.
PATIENCE = 4.0
# Debian's nginx lets line feeds end chunks, and its Caddy ignores a length beside chunks:
# they see two requests, pass both on as such, and give each its answer.
TWO = {
    "straight": set(),
    "behind_nginx": {"chunks ended by line feeds"},
    "behind_caddy": {
        "length, then chunked",
        "a tab before chunked",
        "capital letters",
        "a header folded",
        "a header behind a bare line feed",
    },
}
REFUSED = {400, 411, 413, 501}
PATH = "/usr/sbin:/usr/local/sbin:/usr/bin"


class Verdicts:
    """The result of each variant: the responses, and the requests that ran."""

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
        # A later request on another connection arrives after all of them.
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
    program = program_of("nginx")
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
    with started(running_echo, port, program, "-c", str(file), "-e", "stderr"):
        yield Verdicts(running_echo, port)


@pytest.fixture(scope="module")
def behind_caddy(running_echo, tmp_path_factory):
    program = program_of("caddy")
    folder, port = tmp_path_factory.mktemp("caddy"), free_port()
    site = re.sub(r" 127.0.0.1:80[01]1\b", "", caddy.FILE.read_text())
    site = re.sub(r"127.0.0.1:80[01]0", f"127.0.0.1:{running_echo.port}", site)
    site = site.replace("centre.example {", f"http://:{port} {{")
    file = folder / "caddy.conf"
    file.write_text(caddy.with_options(site))
    command = (program, "run", "--adapter", "caddyfile", "--config", str(file))
    with started(running_echo, port, *command, HOME=str(folder)):
        yield Verdicts(running_echo, port)


def program_of(name: str) -> str:
    program = shutil.which(name, path=PATH)
    if program is None:
        pytest.skip(f"there is no {name}")
    return program


@contextmanager
def started(server: Any, port: int, *command: str, **more: str) -> Iterator[None]:
    """Runs a proxy on the port."""
    process = subprocess.Popen(command, env={**os.environ, **more})

    def listens() -> bool:
        assert process.poll() is None
        try:
            connect(server, port)
        except ConnectionRefusedError:
            return False
        return True

    try:
        wait_until(listens)
        yield
    finally:
        # nginx would leave its workers behind if it were killed.
        process.terminate()
        process.wait(20)


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 26


@pytest.mark.parametrize("way", TWO)
@pytest.mark.parametrize("name", VARIANTS)
def test_the_hidden_request_is_not_run(request, way, name):
    verdicts, number = request.getfixturevalue(way), NUMBERS[name]
    hidden = verdicts.asked.count(f"/smuggled/{number}")
    assert hidden == (name in TWO[way])
    answers = verdicts.answers[name]
    # A valid request has one response; an invalid one is refused.
    assert len(answers) == 1 + hidden, answers
    # Caddy has forwarded the first part of a body when it sees that the next is
    # invalid.
    refused = REFUSED | {502} if way == "behind_caddy" else REFUSED
    assert set(answers) <= {200, *refused}
