"""Clients that offer another protocol are answered over HTTP/1.1."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.attacks.servers import answer_of, is_closed

SETTINGS = b"HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" + SETTINGS
BODY = b'{"name": "Jos\xc3\xa9"}'
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)


def post(more, body=LENGTH + BODY):
    return b"POST /x HTTP/1.1\r\nHost: x\r\n" + more + body


@pytest.mark.parametrize(
    "offer",
    [
        H2C,
        b"Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        b"Connection: Upgrade\r\nUpgrade: TLS/1.3, h2c\r\n",
    ],
    ids=["h2c", "kept alive", "websocket", "others"],
)
@pytest.mark.parametrize("pieces", [1, 2, 1000])
def test_the_body_of_a_request_with_an_upgrade_arrives(echo, offer, pieces):
    raw = echo.socket()
    for _ in range(2):
        request = post(offer + b"X-Kept: yes\r\n")
        size = len(request) // pieces + 1
        for start in range(0, len(request), size):
            raw.sendall(request[start : start + size])
        status, _headers, content = answer_of(raw)
        told = json.loads(content)
        assert (status, told["length"]) == (200, len(BODY))
        assert told["HTTP_X_KEPT"] == "yes"
        assert "HTTP_UPGRADE" not in told
        assert "HTTP_HTTP2_SETTINGS" not in told


def test_a_chunked_body_of_a_request_with_an_upgrade_arrives(echo):
    raw = echo.socket()
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    raw.sendall(post(H2C, chunked % (len(BODY), BODY)))
    assert json.loads(answer_of(raw)[2])["length"] == len(BODY)


def test_pipelined_requests_with_upgrades_are_answered(echo):
    raw = echo.socket()
    raw.sendall(post(H2C) * 8)
    content = b""
    while content.count(b'"length": %d' % len(BODY)) < 8:
        received = raw.recv(65536)
        assert received, content
        content += received


def test_a_connection_with_too_many_upgrades_is_closed(echo):
    raw = echo.socket()
    raw.sendall((b"GET /x HTTP/1.1\r\nHost: x\r\n" + H2C + b"\r\n") * 2000)
    assert is_closed(raw)
    assert echo.ask("GET", "/x")[0] == 200


def test_connection_close_closes_the_connection(echo):
    raw = echo.socket()
    raw.sendall(post(H2C.replace(b"Upgrade,", b"close, Upgrade,")))
    assert answer_of(raw)[0] == 200
    assert is_closed(raw)


@pytest.mark.parametrize(("path", "status"), [(b"/healthz", 200), (b"/metrics", 404)])
def test_the_feed_answers_over_http_too(feed_port, path, status):
    raw = feed_port.socket()
    raw.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, H2C))
    assert answer_of(raw)[0] == status


def test_javas_http_client_can_post(echo):
    java = shutil.which("java")
    if java is None:
        pytest.skip("there is no java here")
    done = subprocess.run(
        [
            *(java, "-Xint", "-XX:TieredStopAtLevel=1"),
            str(Path(__file__).with_name("Post.java")),
            f"http://127.0.0.1:{echo.port}/x",
            '{"name": "José"}',
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [line.split(" ", 2) for line in done.stdout.splitlines()]
    assert [answer[:2] for answer in answers] == [["200", "HTTP_1_1"]] * 3
    assert all(json.loads(answer[2])["length"] == len(BODY) for answer in answers)
