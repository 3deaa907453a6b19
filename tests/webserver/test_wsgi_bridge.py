"""Waiting for a thread of Django: who waits, how long, and who does not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import Http404

from hci_center.api import middleware
from hci_center.api.request_parsing import _PIECE, _has_long_number
from hci_center.webserver import environ as webserver_environ
from hci_center.webserver.body_pools import Request
from tests.attacks.servers import wait_until
from tests.webserver.test_body_reader import EchoServer


@pytest.fixture
def echo(tmp_path):
    """A server with two threads, for which requests wait at most half a second."""
    running = EchoServer(tmp_path / "log", "0.5")
    yield running
    running.stop()


def test_a_request_that_waits_too_long_for_a_thread_is_refused(echo):
    with ThreadPoolExecutor(3) as callers:
        slow = [callers.submit(echo.call, "GET", "/slow") for _ in range(2)]
        wait_until(lambda: echo.log.read_text().count("/slow") == 2)
        answer, content = echo.call("POST", "/x", b"{}")
        assert (answer.status, answer.getheader("Retry-After")) == (503, "2")
        assert json.loads(content)["error"]["code"] == "unavailable"
        assert [call.result()[0].status for call in slow] == [200, 200]
    assert echo.call("GET", "/after")[0].status == 200
    assert "/x" not in echo.log.read_text()


def test_probes_that_differ_in_their_headers_share_one_run(echo):
    def ask(number):
        headers = {"Accept-Language": f"x-{number}"}
        return echo.call("GET", f"/readyz?{number}", headers=headers)[0].status

    with ThreadPoolExecutor(16) as callers:
        assert set(callers.map(ask, range(16))) == {200}
    assert echo.log.read_text().count("/readyz") <= 2


def test_a_path_longer_than_any_route_is_not_resolved(monkeypatch):
    resolved = []
    monkeypatch.setattr(middleware, "resolve", resolved.append)
    longest = "/api/".ljust(middleware.LONGEST_PATH, "x")
    middleware.find_route(longest)
    with pytest.raises(Http404):
        middleware.find_route(longest + "x")
    assert resolved == [longest]


def test_long_names_of_headers_are_not_cached():
    scope = {
        "raw_path": b"/",
        "method": "GET",
        "query_string": b"",
        "scheme": "http",
        "server": ("x", 80),
        "client": ("10.0.0.1", 1),
        "headers": [(b"x" * 65, b"1"), (b"y" * 65 + b"_", b"2")],
    }
    before = webserver_environ._key.cache_info().currsize
    environ = webserver_environ.environ_of(scope)
    assert environ["HTTP_" + "X" * 65] == "1"
    assert not any("YYY" in name for name in environ)
    assert webserver_environ._key.cache_info().currsize == before


@pytest.mark.parametrize(
    "at", [0, _PIECE - 19, _PIECE - 9, _PIECE - 1, _PIECE, 3000000]
)
def test_a_long_number_is_found_anywhere(at):
    body = bytearray(b"x" * (3 * _PIECE + 19))
    body[at : at + 18] = b"9" * 18
    assert not _has_long_number(bytes(body))
    body[at + 18] = ord("1")
    assert _has_long_number(bytes(body))


def test_a_body_counts_to_the_address_behind_a_trusted_proxy(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/user/",
        "REMOTE_ADDR": "10.0.0.1",
        "HTTP_X_FORWARDED_FOR": "6.6.6.6, 1.2.3.4",
    }
    shares = dict(Request(environ, is_known=None).shares)
    assert set(shares) == {"", "address 1.2.3.4", "part api"}
