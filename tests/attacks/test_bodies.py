"""Bodies of strangers hold little memory, and never keep others out."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from hci_center.api.body_guard import FILE_BODY, SMALL_BODY
from tests.local.test_body_guard import EchoServer

MiB = 2**20
# In full by bin/faults.
MANY = int(os.environ.get("HCI_ATTACKS", "1")) * 16
FILES = "/api/chat/message/send"


@pytest.fixture
def echo(tmp_path):
    running = EchoServer(tmp_path / "log")
    yield running
    running.stop()


def memory(echo):
    status = Path(f"/proc/{echo.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def begin(echo, headers, sent=0):
    """A request whose body has begun and does not end."""
    raw = echo.socket()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw.sendall(f"POST {FILES} HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
    raw.settimeout(10)
    for _ in range(sent // MiB):
        raw.sendall(bytes(MiB))
    return raw


def test_large_bodies_of_strangers_are_not_kept(echo):
    echo.told("POST", FILES, b"x", {"X-Api-Key": "k"})
    before = memory(echo)
    body = bytes(FILE_BODY)
    for _ in range(MANY):
        told = echo.told("POST", FILES, body)
        assert (told["length"], told["too_large"]) == (0, False)
    assert memory(echo) - before < 100 * MiB


def test_memory_of_large_bodies_is_given_back(echo):
    body = bytes(FILE_BODY)
    echo.told("POST", FILES, b"x", {"X-Api-Key": "k"})
    before = memory(echo)
    for _ in range(4):
        told = echo.told("POST", FILES, body, {"X-Api-Key": "k"})
        assert told["length"] == FILE_BODY
        chunks = (bytes(64 * 1024) for _ in range(160))
        told = echo.told("POST", FILES, chunks, {"X-Api-Key": "k"}, chunked=True)
        assert told["length"] == 10 * MiB
    assert memory(echo) - before < 100 * MiB


def test_unfinished_bodies_of_strangers_keep_nobody_out(echo):
    declared = {"Content-Length": str(FILE_BODY)}
    strangers = [begin(echo, declared, sent=MiB) for _ in range(13)]
    told = echo.told("POST", FILES, bytes(3 * MiB), {"X-Api-Key": "k"})
    assert told["length"] == 3 * MiB
    # Small ones of other strangers too.
    assert echo.told("POST", "/api/user/", b"{}")["length"] == 2
    for raw in strangers:
        raw.close()


def test_one_address_holds_half_of_what_strangers_may(echo):
    """The others' half stays free; here all have one address."""
    declared = {"Content-Length": str(SMALL_BODY)}
    held = [begin(echo, declared, sent=MiB) for _ in range(30)]
    refused = 0
    deadline = time.monotonic() + 10
    while not refused and time.monotonic() < deadline:
        held.append(begin(echo, declared, sent=MiB))
        refused = sum(is_refused(raw) for raw in held)
    assert refused
    assert echo.told("POST", FILES, bytes(3 * MiB), {"X-Api-Key": "k"})["length"]
    for raw in held:
        raw.close()


def is_refused(raw):
    raw.settimeout(0.05)
    try:
        return raw.recv(64, socket.MSG_PEEK).startswith(b"HTTP/1.1 503")
    except (TimeoutError, ConnectionError):
        return False
