"""Request bodies on a real server: complete, chunked, too slow, too large, cut off."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hci_center.webserver.body_pools import FILE_BODY, META_BODY, SMALL_BODY, cap
from tests.ports import free_port
from tests.webserver.echo import BIG, STREAMED

ROOT = Path(__file__).resolve().parents[2]
MiB = 2**20


class EchoServer:
    def __init__(self, log, *arguments):
        self.port, self.log, self.opened = free_port(), log, []
        command = [
            sys.executable,
            "-m",
            "tests.webserver.echo",
            str(self.port),
            *arguments,
        ]
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=out)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.socket().close()
                return
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)

    def socket(self, source="127.0.0.1"):
        raw = socket.create_connection(
            ("127.0.0.1", self.port), timeout=15, source_address=(source, 0)
        )
        self.opened.append(raw)
        return raw

    def client(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        self.opened.append(client)
        return client

    def call(self, method, path, body=None, headers=None, chunked=False):
        client = self.client()
        client.request(method, path, body, headers or {}, encode_chunked=chunked)
        answer = client.getresponse()
        payload = answer.read()
        return answer, payload

    def echo_of(self, method, path, body=None, headers=None, chunked=False):
        answer, payload = self.call(method, path, body, headers, chunked)
        assert answer.status == 200
        return json.loads(payload)

    def hang_up(self):
        for connection in self.opened:
            connection.close()

    def stop(self):
        self.hang_up()
        self.process.kill()
        self.process.wait()

    def peak_memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.fixture(scope="module")
def echo(tmp_path_factory):
    running = EchoServer(tmp_path_factory.mktemp("echo") / "log")
    yield running
    running.stop()


@pytest.fixture
def server(echo):
    yield echo
    echo.hang_up()


def pieces(total, size=64 * 1024):
    for _ in range(total // size):
        yield b"z" * size


CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/api/chat/message/send", FILE_BODY),
        ("POST", "/api/chat/message/send/", FILE_BODY),
        ("POST", "/api/chat/message/send/operator/file/8080", FILE_BODY),
        ("POST", "/api/chat/message/send/operator/file/facebook/", FILE_BODY),
        ("POST", "/webhooks/evolution/1-secret", FILE_BODY),
        ("POST", "/webhooks/whatsapp", META_BODY),
        ("POST", "/admin/chats/chat/1/change/", SMALL_BODY),
        ("POST", "/api/chat/message/send/operator/8080", SMALL_BODY),
        ("PUT", "/api/chat/message/send", SMALL_BODY),
        ("POST", "/api/user/", SMALL_BODY),
    ],
)
def test_only_files_may_be_large(method, path, limit):
    assert cap(method, path) == limit


def test_a_chunked_body_arrives_whole_with_its_length(server):
    told = server.echo_of("POST", "/x", pieces(MiB), CHUNKED, chunked=True)
    assert told["length"] == MiB
    assert told["CONTENT_LENGTH"] == str(MiB)


def test_requests_follow_each_other_on_one_connection(server):
    client = server.client()
    for body in (b"a" * 10, b"", b"b" * MiB, None):
        client.request("POST" if body is not None else "GET", "/x", body)
        assert json.loads(client.getresponse().read())["length"] == len(body or b"")


def test_the_environ_is_as_wsgi_requires(server):
    headers = {"X-Api-Key": "k", "X_Forwarded_Proto": "https", "Cookie": "a=1"}
    told = server.echo_of("GET", "/caf%C3%A9/%ff%2F?q=%C3%A9", headers=headers)
    assert told["PATH_INFO"] == "/caf\u00c3\u00a9/\u00ff/"
    assert told["QUERY_STRING"] == "q=%C3%A9"
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert told["SERVER_PORT"] == str(server.port)
    assert told["HTTP_HOST"] == f"127.0.0.1:{server.port}"
    assert told["HTTP_X_API_KEY"] == "k"
    assert told["wsgi.url_scheme"] == "http"
    assert "HTTP_X_FORWARDED_PROTO" not in told


@pytest.mark.parametrize("headers", [CHUNKED, {"Content-Length": str(60 * MiB)}])
def test_a_client_sending_60_mb_can_read_the_response(server, headers):
    chunked = headers is CHUNKED
    told = server.echo_of("POST", "/x", pieces(60 * MiB), headers, chunked)
    assert told["too_large"] is True
    assert told["length"] == 0


def test_a_client_expecting_100_continue_need_not_send_a_large_body(server):
    with server.socket() as raw:
        raw.sendall(
            b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 60000000\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 200")  # and not 100


def test_a_client_that_expects_100_continue_gets_it(server):
    with server.socket() as raw:
        raw.sendall(
            b"POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            b"Content-Length: 3\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 100")
        raw.sendall(b"abc")
        assert raw.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /cut HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}",
        b"POST /cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"POST /cut HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nz",
    ],
)
@pytest.mark.parametrize("half", [True, False])
def test_a_body_cut_off_never_reaches_the_application(server, request_, half):
    raw = server.socket()
    raw.sendall(request_)
    time.sleep(0.05)
    if half:
        raw.shutdown(socket.SHUT_WR)
        assert b"200 OK" not in raw.recv(1000)
    raw.close()
    time.sleep(0.1)
    assert "/cut" not in server.log.read_text()


def test_forty_slow_bodies_block_nobody(server):
    slow = [server.socket() for _ in range(40)]
    for raw in slow:
        raw.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{")
    start = time.monotonic()
    for _ in range(10):
        server.echo_of("POST", "/x", b"{}")
    assert time.monotonic() - start < 1
    for raw in slow:
        raw.close()


def test_a_body_that_takes_too_long_is_refused_in_the_envelope(server):
    with server.socket() as raw:
        raw.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        answer = http.client.HTTPResponse(raw)
        answer.begin()
        assert answer.status == 408
        refusal = json.loads(answer.read())
    assert refusal["success"] is False
    assert refusal["error"]["code"] == "body_too_slow"


def test_two_hundred_slow_headers_block_nobody(server):
    slow = [server.socket() for _ in range(200)]
    for raw in slow:
        raw.sendall(b"GET /x HTTP/1.1\r\nHo")
    start = time.monotonic()
    server.echo_of("GET", "/x")
    assert time.monotonic() - start < 0.5
    for raw in slow:
        raw.close()


def test_endless_headers_are_refused(server):
    with server.socket() as raw:
        raw.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises((ConnectionError, AssertionError)):  # noqa: PT012
            for number in range(100_000):
                raw.sendall(b"X-%d: %s\r\n" % (number, b"y" * 100))
            assert b"431" not in raw.recv(100)


def test_large_responses_use_little_memory(server):
    def load():
        for _ in range(40):
            _, payload = server.call("GET", "/big")
            assert len(payload) == BIG

    readers = [threading.Thread(target=load) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert server.peak_memory() < 250 * MiB


@pytest.mark.parametrize("path", ["/streamed", "/file"])
def test_a_slow_reader_blocks_no_thread_and_the_response_is_closed(server, path):
    readers = [server.socket() for _ in range(8)]
    before = server.log.read_text().count("closed")
    for raw in readers:
        raw.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path.encode())
    start = time.monotonic()
    server.echo_of("GET", "/x")
    assert time.monotonic() - start < 1
    for raw in readers:
        raw.close()
    answer, payload = server.call("GET", path)
    assert len(payload) == STREAMED
    assert answer.getheader("Content-Length") == str(STREAMED)
    time.sleep(0.3)
    assert server.log.read_text().count("closed") >= before + 1


def test_a_stream_that_raises_an_error_is_not_a_short_response(server):
    answer, _ = server.call("GET", "/broken")
    assert answer.status == 500


def test_head_has_no_body(server):
    client = server.client()
    client.request("HEAD", "/big")
    answer = client.getresponse()
    assert answer.getheader("Content-Length") == str(BIG)
    assert answer.read() == b""
    client.request("GET", "/x")
    assert client.getresponse().status == 200
