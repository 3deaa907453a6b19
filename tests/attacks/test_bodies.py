"""Large and unfinished bodies of unknown senders use little memory and block nobody."""

from __future__ import annotations

import http.client
import json
import resource
import socket
import threading
import time
from itertools import cycle
from pathlib import Path

import pytest

from hci_center.webserver.body_pools import FILE_BODY, SMALL_BODY
from tests.counts import count
from tests.webserver.echo import PATIENCE
from tests.webserver.test_body_reader import EchoServer

MiB = 2**20
MANY = count(4, 16)
FILES = "/api/chat/message/send"


@pytest.fixture
def echo(tmp_path):
    running = EchoServer(tmp_path / "log")
    yield running
    running.stop()


def memory(echo, what="VmRSS"):
    status = Path(f"/proc/{echo.process.pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) * 1024


def peak_memory(echo):
    return memory(echo, "VmHWM")


def begin(echo, headers, sent=0, source="127.0.0.1"):
    """Starts a request whose body has begun and does not end."""
    raw = echo.socket(source)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw.sendall(f"POST {FILES} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
    raw.settimeout(10)
    for _ in range(sent // MiB):
        raw.sendall(bytes(MiB))
    return raw


def test_large_bodies_of_unknown_senders_are_not_kept(echo):
    echo.echo_of("POST", FILES, b"x", {"X-Api-Key": "k"})
    before = memory(echo)
    body = bytes(FILE_BODY)
    for _ in range(MANY):
        told = echo.echo_of("POST", FILES, body)
        assert (told["length"], told["too_large"]) == (0, False)
    assert memory(echo) - before < 100 * MiB


def test_memory_of_large_bodies_is_released(echo):
    body = bytes(FILE_BODY)
    echo.echo_of("POST", FILES, b"x", {"X-Api-Key": "k"})
    before = memory(echo)
    for _ in range(4):
        told = echo.echo_of("POST", FILES, body, {"X-Api-Key": "k"})
        assert told["length"] == FILE_BODY
        chunks = (bytes(64 * 1024) for _ in range(160))
        told = echo.echo_of("POST", FILES, chunks, {"X-Api-Key": "k"}, chunked=True)
        assert told["length"] == 10 * MiB
    assert memory(echo) - before < 100 * MiB


def test_unfinished_bodies_of_unknown_senders_block_nobody(echo):
    declared = {"Content-Length": str(FILE_BODY)}
    strangers = [begin(echo, declared, sent=MiB) for _ in range(13)]
    told = echo.echo_of("POST", FILES, bytes(3 * MiB), {"X-Api-Key": "k"})
    assert told["length"] == 3 * MiB
    # Small bodies of other unknown senders are accepted, too.
    assert echo.echo_of("POST", "/api/user/", b"{}")["length"] == 2
    for raw in strangers:
        raw.close()


def test_one_address_uses_at_most_half_of_the_memory_for_unknown_senders(echo):
    """The other half stays free for others; here all have one address."""
    declared = {"Content-Length": str(SMALL_BODY)}
    held = [begin(echo, declared, sent=MiB) for _ in range(30)]
    refused = 0
    deadline = time.monotonic() + 10
    while not refused and time.monotonic() < deadline:
        held.append(begin(echo, declared, sent=MiB))
        refused = sum(is_refused(raw) for raw in held)
    assert refused
    assert echo.echo_of("POST", FILES, bytes(3 * MiB), {"X-Api-Key": "k"})["length"]
    for raw in held:
        raw.close()


def test_one_path_uses_at_most_three_quarters_of_the_memory_for_unknown_senders(echo):
    """The rest stays free for other paths; here no address uses up its own half."""
    declared = {"Content-Length": str(SMALL_BODY)}
    sources = cycle(f"127.0.0.{number}" for number in range(2, 8))
    held = [begin(echo, declared, MiB, next(sources)) for _ in range(33)]
    deadline = time.monotonic() + 10
    while not any(is_refused(raw) for raw in held):
        assert time.monotonic() < deadline
        held.append(begin(echo, declared, MiB, next(sources)))
    other = echo.echo_of("POST", "/admin/login/", bytes(SMALL_BODY))
    assert other["length"] == SMALL_BODY
    for raw in held:
        raw.close()


def is_refused(raw):
    raw.settimeout(0.01)
    try:
        return raw.recv(64, socket.MSG_PEEK).startswith(b"HTTP/1.1 503")
    except (TimeoutError, ConnectionError):
        return False


def test_large_bodies_of_known_senders_wait_for_each_other(echo):
    """They are kept on the disk, not in memory, and none is refused."""
    before = memory(echo)
    body = bytes(FILE_BODY)
    told = []

    def send():
        told.append(echo.echo_of("POST", FILES, body, {"X-Api-Key": "k"})["length"])

    senders = [threading.Thread(target=send) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert told == [FILE_BODY] * 6
    assert peak_memory(echo) - before < 100 * MiB


def test_a_known_sender_with_a_slow_connection_has_more_time(echo):
    size = 3 * MiB
    raw = begin(echo, {"Content-Length": str(size), "X-Api-Key": "k"})
    raw.sendall(bytes(size - 1))
    time.sleep(PATIENCE + 0.5)
    raw.sendall(b"x")
    raw.settimeout(10)
    assert raw.recv(64).startswith(b"HTTP/1.1 200")


def test_a_full_disk_only_refuses_large_bodies(echo):
    pid = echo.process.pid
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (MiB, hard))
    try:
        raw = begin(echo, {"Content-Length": str(3 * MiB), "X-Api-Key": "k"})
        raw.sendall(bytes(3 * MiB - 1))
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        assert (answer.status, answer.getheader("Retry-After")) == (503, "1")
        assert json.loads(answer.read())["error"]["code"] == "unavailable"
        body = bytes(SMALL_BODY)
        assert echo.echo_of("POST", FILES, body, {"X-Api-Key": "k"})["length"] == len(
            body
        )
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def test_a_chunked_body_of_an_unknown_sender_is_refused_as_unauthorized(echo):
    """Like one with a declared length: its size would be allowed for known senders."""
    chunks = (bytes(64 * 1024) for _ in range(160))
    told = echo.echo_of("POST", FILES, chunks, chunked=True)
    assert (told["length"], told["too_large"]) == (0, False)
    chunks = (bytes(64 * 1024) for _ in range(FILE_BODY // 65536 + 1))
    told = echo.echo_of("POST", FILES, chunks, {"X-Api-Key": "k"}, chunked=True)
    assert (told["length"], told["too_large"]) == (0, True)
