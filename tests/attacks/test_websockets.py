"""Invalid and hostile handshakes and frames on the feed's port."""

from __future__ import annotations

import secrets
import socket
import struct
import threading

import pytest

from tests.attacks.servers import MiB, answer_of, is_closed, pour
from tests.counts import count
from tests.feed.processes import wait_until

# The feed as it runs, with its database.
pytestmark = pytest.mark.django_db

HANDSHAKE = (
    b"GET /api/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
PING, CONTINUATION, TEXT = 0x9, 0x0, 0x1


@pytest.fixture
def port(running_feed):
    return running_feed.port


@pytest.fixture
def connect(port):
    opened = []

    def make(received=None):
        raw = socket.socket()
        if received is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, received)
        raw.settimeout(20)
        raw.connect(("127.0.0.1", port))
        opened.append(raw)
        return raw

    yield make
    for raw in opened:
        raw.close()


def greet(raw):
    raw.sendall(HANDSHAKE + b"\r\n")
    received = b""
    while b"\r\n\r\n" not in received:
        received += raw.recv(1)
    assert received.startswith(b"HTTP/1.1 101")


def frame(kind, content=b"", *, final=True):
    mask = secrets.token_bytes(4)
    masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(content))
    length = len(content)
    assert length < 126
    return struct.pack("!BB", kind | (0x80 if final else 0), 0x80 | length) + (
        mask + masked
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HANDSHAKE + b"X: " + b"y" * 9000 + b"\r\n\r\n", 431),
        (HANDSHAKE.replace(b"/api/socket", b"/" + b"y" * 9000) + b"\r\n", 414),
        (HANDSHAKE.replace(b"Sec-WebSocket-Key", b"X") + b"\r\n", 400),
        (HANDSHAKE.replace(b"GET", b"POST") + b"\r\n", None),
    ],
    ids=["a long header", "a long address", "no key", "a POST"],
)
def test_an_invalid_handshake_is_refused_and_closed(connect, request_, status):
    raw = connect()
    raw.sendall(request_)
    if status is not None:
        assert answer_of(raw)[0] == status
    assert is_closed(raw)


def memory(feed):
    with open(f"/proc/{feed.server.pid}/status") as status:
        return int(status.read().partition("VmRSS:")[2].split()[0]) / 1024


def test_pongs_for_a_client_that_does_not_read_use_little_memory(running_feed, connect):
    """The pongs for a minute of pings would be hundreds of megabytes."""
    raw = connect(received=4096)
    greet(raw)
    before = memory(running_feed)
    pings = frame(PING, b"y" * 125) * 1000
    sent = pour(raw, pings, count(24, 200) * MiB)
    assert sent > 16 * MiB
    assert memory(running_feed) < before + 8


def test_a_client_that_reads_gets_pongs(connect):
    raw = connect()
    greet(raw)
    reader = raw.makefile("rb")
    for number in range(100):
        raw.sendall(frame(PING, b"%d" % number))
        content = b"%d" % number
        assert (
            reader.read(2 + len(content)) == b"\x8a" + bytes([len(content)]) + content
        )


def test_an_endless_fragmented_message_is_refused(connect):
    raw = connect()
    greet(raw)
    raw.sendall(frame(TEXT, b"{", final=False))
    pieces = frame(CONTINUATION, final=False) * 1000
    sender = threading.Thread(target=pour, args=(raw, pieces, 10_000))
    sender.start()
    closing = raw.recv(4)
    assert closing[:1] == b"\x88"
    assert struct.unpack("!H", closing[2:4]) == (4400,)
    sender.join()
    wait_until(lambda: is_closed(raw))


def test_a_text_that_is_not_utf_8_is_refused_and_logs_no_error(running_feed, connect):
    raw = connect()
    greet(raw)
    raw.sendall(frame(TEXT, b"\xff"))
    assert raw.recv(4) == b"\x88\x02" + struct.pack(">H", 4400)
    assert "Traceback" not in running_feed.log()
