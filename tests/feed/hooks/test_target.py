"""Webhooks may only go to https and public addresses, whatever a name resolves to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from hci_center.feed.hooks.posting import Answer, Poster
from hci_center.feed.hooks.target import (
    NotPublicError,
    WrongUrlError,
    check_url,
    open_socket,
)
from tests.feed.hooks.receiver import Receiver

PUBLIC, LOCAL = "93.184.216.34", "127.0.0.1"


def resolved(*addresses: str) -> Callable[..., Any]:
    def getaddrinfo(_host: str, port: int, **_: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    return getaddrinfo


def post(url: str, total: float = 10.0) -> Answer:
    poster = Poster(total)
    try:
        return poster.post(url, b"{}", {"webhook-id": "1:1"}, monotonic())
    finally:
        poster.close()


@pytest.fixture
def connected(monkeypatch: Any) -> list[Any]:
    """The places that sockets connect to; none is really called."""
    places: list[Any] = []

    def connect(_socket: Any, place: Any) -> None:
        places.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "socket", _with(connect))
    return places


def _with(connect: Any) -> type:
    return type("Socket", (socket.socket,), {"connect": connect})


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/", "https"),
        ("ftp://example.com/", "https"),
        ("//example.com/", "https"),
        ("example.com", "url"),
        ("https://", "url"),
        ("https:///path", "url"),
        ("https://user:password@example.com/", "url"),
        ("https://example.com/#part", "url"),
        ("https://example.com:99999/", "url"),
        ("https://example.com:0/", "url"),
        ("https://[::1", "url"),
        ("https://example.com/ ", "url"),
        ("https://example.com/\r\nHost: other", "url"),
        ("https://example.com\\@127.0.0.1/", "url"),
        ("https://padaria.example/é", "url"),
        ("https://127.0.0.1/", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://10.0.0.1:8443/", "not_public"),
        ("https://[::ffff:169.254.169.254]/", "not_public"),
        ("https://example.com/" + "a" * 2000, "length"),
    ],
)
def test_forbidden_urls_are_refused(url: str, code: str) -> None:
    with pytest.raises(WrongUrlError) as refusal:
        check_url(url)
    assert str(refusal.value) == code


def test_valid_urls_are_accepted(settings: Any) -> None:
    check_url("https://example.com/hook?token=1")
    check_url("https://example.com:8443/")
    check_url(f"https://{PUBLIC}/")
    settings.HOOKS_LOCAL = True
    check_url("http://127.0.0.1:9000/hook")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "0x7f.1", "[::1]"])
def test_a_local_receiver_is_never_connected_to(
    connected: list[Any], host: str
) -> None:
    assert post(f"https://{host}/").error == "not_public"
    assert not connected


def test_a_name_with_public_and_local_addresses_uses_the_public_ones(
    monkeypatch: Any, connected: list[Any]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolved(LOCAL, PUBLIC, "10.0.0.1"))
    assert post("https://rebinding.example/").error == "unreachable"
    assert connected == [(PUBLIC, 443)]


def test_a_name_is_resolved_once_per_connection(
    monkeypatch: Any, connected: list[Any]
) -> None:
    """The checked address is used; a second resolution is ignored."""
    answers = iter([resolved(PUBLIC), resolved(LOCAL), resolved(LOCAL)])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *args, **more: next(answers)(*args, **more)
    )
    assert post("https://rebinding.example/").error == "unreachable"
    assert connected == [(PUBLIC, 443)]
    assert post("https://rebinding.example/").error == "not_public"
    assert connected == [(PUBLIC, 443)]


def test_the_connection_is_to_the_checked_address(settings: Any) -> None:
    settings.HOOKS_LOCAL = True
    with socket.create_server((LOCAL, 0)) as server:
        port = server.getsockname()[1]
        with open_socket("localhost", port, lambda: 5.0) as opened:
            assert opened.getpeername()[0] in (LOCAL, "::1")
            settings.HOOKS_LOCAL = False
            with pytest.raises(NotPublicError):
                open_socket("localhost", port, lambda: 5.0)


@pytest.fixture
def local(settings: Any, receiver: Receiver) -> Receiver:
    settings.HOOKS_LOCAL = True
    return receiver


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(local: Receiver, status: int) -> None:
    local.status, local.location = status, local.url
    assert post(local.url) == Answer(f"http_{status}")
    assert len(local.received) == 1


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_status_is_a_success(local: Receiver, status: int) -> None:
    local.status = status
    assert post(local.url) == Answer()


@pytest.mark.parametrize("status", [304, 400, 404, 429, 500, 503])
def test_other_statuses_are_failures(local: Receiver, status: int) -> None:
    local.status = status
    assert post(local.url) == Answer(f"http_{status}")


def test_a_410_means_that_the_receiver_is_gone(local: Receiver) -> None:
    local.status = 410
    assert post(local.url) == Answer("http_410", is_gone=True)


def test_a_connection_is_reused(local: Receiver) -> None:
    poster = Poster()
    for _ in range(3):
        assert poster.post(local.url, b"{}", {}, monotonic()).ok
    poster.close()
    assert len(local.received) == 3
    assert len(local.peers) == 1


@pytest.fixture
def dripping() -> Iterator[str]:
    """A receiver that responds one byte at a time, without end."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        opened, _ = server.accept()
        with opened:
            opened.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not over.wait(0.02):
                try:
                    opened.sendall(b"a")
                except OSError:
                    return

    with socket.create_server((LOCAL, 0)) as server:
        thread = threading.Thread(target=serve, args=[server])
        thread.start()
        yield f"http://{LOCAL}:{server.getsockname()[1]}/"
        over.set()
        thread.join()


def test_a_slow_response_is_cut_off_at_the_deadline(
    settings: Any, dripping: str
) -> None:
    settings.HOOKS_LOCAL = True
    assert post(dripping, total=0.3).error == "timeout"


def test_an_unfinished_handshake_is_cut_off_at_the_deadline(
    settings: Any,
) -> None:
    settings.HOOKS_LOCAL = True
    with socket.create_server((LOCAL, 0)) as server:
        url = f"https://{LOCAL}:{server.getsockname()[1]}/"
        assert post(url, total=0.3).error == "timeout"


def test_a_self_signed_certificate_is_refused(settings: Any, local: Receiver) -> None:
    assert post(local.url.replace("http:", "https:")).error == "certificate"


def test_changed_settings_apply_to_the_next_post(
    settings: Any, local: Receiver
) -> None:
    settings.HOOKS_LOCAL = False
    assert post(local.url).error == "https"
    assert not local.received
