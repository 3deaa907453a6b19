"""Headers and trailers that are too long or too slow, on both ports."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.attacks.servers import (
    MiB,
    answer_of,
    is_closed,
    measured,
    pour,
)
from tests.counts import count

CHUNKED = b"POST /api/user/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LINES = b"X1: y\r\n" * 9000
# More than any limit, and little enough not to matter without one.
ALLOWED = 40


def error_of(raw):
    status, headers, content = answer_of(raw)
    assert headers["Content-Type"] == "application/json"
    answer = json.loads(content)
    assert list(answer) == ["success", "error"]
    assert answer["success"] is False
    assert answer["error"]["message"]
    return status, answer["error"]["code"]


@pytest.mark.parametrize(
    "line",
    [b"FOO /api/user/ HTTP/1.1", b"GET /api/\xff HTTP/1.1", b"GET /api/ XTTP/1.1"],
)
def test_an_invalid_request_to_the_api_is_refused_in_the_envelope(either, line):
    raw = either.socket()
    raw.sendall(line + b"\r\nHost: x\r\n\r\n")
    assert error_of(raw) == (400, "invalid")


@pytest.mark.parametrize(
    ("name", "head", "block"),
    [
        ("many lines", b"GET /api/socket HTTP/1.1\r\nHost: x\r\n", LINES),
        ("one line", b"GET /api/socket HTTP/1.1\r\nX: ", b"y" * 65536),
        ("one name", b"GET /api/socket HTTP/1.1\r\n", b"y" * 65536),
        ("one address", b"GET /api/socket?", b"y" * 65536),
        ("trailers", CHUNKED + b"2\r\n{}\r\n0\r\n", LINES),
        ("one trailer", CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"y" * 65536),
        ("one chunk's extension", CHUNKED + b"2;", b"y" * 65536),
    ],
)
def test_endless_headers_use_little_memory_and_time(either, name, head, block):
    before, began = either.memory(), time.monotonic()
    either.forget_peak()
    raw = either.socket()
    raw.sendall(head)
    sent = pour(raw, block, count(16, 150) * MiB)
    status, _headers, _content = either.ask("GET", "/healthz")
    measured(name, before, either, began, sent=sent)
    assert status == 200
    assert sent < 16 * MiB
    assert either.memory("VmHWM") < before + ALLOWED


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /api/x HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 66_000,
        b"GET /api/x HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 66_000 + b"\r\n\r\n",
        b"GET /api/x HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET /api/" + b"y" * 66_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        CHUNKED + b"0\r\n" + b"X: y\r\n" * 200 + b"Y:" + b"z" * 66_000,
    ],
    ids=["unended", "ended", "many", "address", "trailers"],
)
def test_too_large_headers_are_refused_in_the_envelope(either, request_):
    raw = either.socket()
    raw.sendall(request_)
    assert error_of(raw) == (431, "headers_too_large")
    assert is_closed(raw)


def test_headers_just_within_the_limits_are_accepted(either):
    raw = either.socket()
    headers = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 550) for n in range(110))
    raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
    assert answer_of(raw)[0] == 200


@pytest.mark.parametrize(
    ("line", "hosts", "status"),
    [
        (b"GET /healthz HTTP/1.1", b"", 400),
        (b"GET /healthz HTTP/1.1", b"Host: x\r\nHost: x\r\n", 400),
        (b"GET /healthz HTTP/1.0", b"Host: x\r\nHost: y\r\n", 400),
        (b"GET /healthz HTTP/1.0", b"", 200),
        (b"GET /healthz HTTP/1.1", b"Host:\r\n", 200),
    ],
)
def test_a_request_with_two_hosts_or_none_is_refused(either, line, hosts, status):
    raw = either.socket()
    raw.sendall(line + b"\r\n" + hosts + b"\r\n")
    assert answer_of(raw)[0] == status


def test_unfinished_headers_are_refused_in_the_envelope(either):
    raw = either.socket()
    raw.sendall(b"GET /api/x HTTP/1.1\r\nHost: x\r\n")
    assert error_of(raw) == (408, "headers_too_slow")
    assert is_closed(raw)


def test_a_request_that_is_not_http_is_refused_in_the_envelope(either):
    raw = either.socket()
    raw.sendall(b"GET /api/x HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n")
    assert error_of(raw) == (400, "invalid")
    raw = either.socket()
    raw.sendall(b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer_of(raw)[0] == 400
    assert is_closed(raw)


def test_requests_before_an_invalid_one_are_answered(echo):
    raw = echo.socket()
    raw.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nbroken\r\n\r\n")
    assert answer_of(raw)[0] == 200
    assert is_closed(raw)


@pytest.mark.parametrize(
    "said",
    [b"", b"\r\n", b"G", b"GET /api/socket HTTP/1.1\r\nHost: x\r\n"],
    ids=["nothing", "an empty line", "a letter", "half a request"],
)
def test_a_silent_connection_is_closed(either, said):
    opened = [either.socket() for _ in range(count(5, 50))]
    for raw in opened:
        raw.sendall(said)
    assert all(is_closed(raw) for raw in opened)


def test_a_kept_connection_that_sends_empty_lines_is_closed(either):
    opened = [either.socket() for _ in range(count(5, 50))]
    for raw in opened:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer_of(raw)[0] == 200
        raw.sendall(b"\r\n")
    # More empty lines do not restart the timeout.
    stop = threading.Event()

    def go_on():
        while not stop.wait(0.3):
            for raw in opened:
                try:
                    raw.sendall(b"\r\n")
                except OSError:
                    continue

    sender = threading.Thread(target=go_on)
    sender.start()
    try:
        assert all(is_closed(raw) for raw in opened)
    finally:
        stop.set()
        sender.join()


def test_the_connection_is_closed_if_a_body_is_not_read(feed_port):
    raw = feed_port.socket()
    raw.sendall(b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{")
    assert answer_of(raw)[0] == 200
    assert is_closed(raw)


def test_trailers_do_not_count_as_headers(echo):
    raw = echo.socket()
    raw.sendall(
        CHUNKED + b"2\r\n{}\r\n0\r\nX-Api-Key: k\r\nX-Forwarded-Proto: https\r\n\r\n"
    )
    told = json.loads(answer_of(raw)[2])
    assert told["length"] == 2
    assert "HTTP_X_API_KEY" not in told
    assert "HTTP_X_FORWARDED_PROTO" not in told


def test_a_body_in_very_small_chunks_arrives_whole(echo):
    raw = echo.socket()
    raw.sendall(CHUNKED + b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n")
    assert json.loads(answer_of(raw)[2])["length"] == 100_000


def test_a_connection_with_too_many_pipelined_requests_is_closed(either):
    before = either.memory()
    either.forget_peak()
    flood = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 10_000
    opened = [either.socket() for _ in range(count(4, 40))]
    senders = [
        threading.Thread(target=pour, args=(raw, flood, len(flood))) for raw in opened
    ]
    for sender in senders:
        sender.start()
    assert all(is_closed(raw) for raw in opened)
    for sender in senders:
        sender.join()
    assert either.memory("VmHWM") < before + ALLOWED


def test_a_few_pipelined_requests_are_answered_in_order(echo):
    raw = echo.socket()
    paths = [b"/%d" % n for n in range(16)]
    raw.sendall(b"".join(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % p for p in paths))
    with raw.makefile("rb") as stream:
        told = []
        for _ in paths:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            told.append(json.loads(stream.read(length))["PATH_INFO"].encode())
    assert told == paths
