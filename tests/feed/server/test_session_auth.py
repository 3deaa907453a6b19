"""A session cookie opens sockets only for pages of this server's own origins."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import Error, OperationalError, ProgrammingError

from hci_center.feed.server import consumers, session_auth
from hci_center.feed.server.session_auth import is_own_page
from hci_center.feed.sockets.connection import Close
from hci_center.feed.sockets.replay import Hello

PUBLIC = "https://chat.example.com"


@pytest.mark.parametrize(
    ("public", "origin", "host", "is_own"),
    [
        ("", "http://127.0.0.1:8000", "127.0.0.1:8001", True),
        ("", "http://127.0.0.1:8001", "127.0.0.1:8001", True),
        ("", "http://127.0.0.1", "127.0.0.1", True),
        ("", "http://127.0.0.1:80", "127.0.0.1", True),
        ("", "http://127.0.0.1:1", "127.0.0.1", False),
        ("", "http://127.0.0.1:443", "127.0.0.1", False),
        ("", "https://127.0.0.1", "127.0.0.1", False),
        ("", "https://127.0.0.1:8001", "127.0.0.1:8001", False),
        (PUBLIC, PUBLIC, "chat.example.com", True),
        (PUBLIC, f"{PUBLIC}:443", "chat.example.com", True),
        (PUBLIC, f"{PUBLIC}:8443", "chat.example.com", False),
        (PUBLIC, f"{PUBLIC}:80", "chat.example.com", False),
        (PUBLIC, "http://chat.example.com", "chat.example.com", False),
        (PUBLIC, "http://chat.example.com:443", "chat.example.com", False),
    ],
)
def test_an_origin_must_have_our_scheme_host_and_port(
    settings: Any, public: str, origin: str, host: str, is_own: bool
) -> None:
    settings.PUBLIC_URL, settings.PORT = public, 8000
    settings.CORS_ALLOWED_ORIGINS = []
    settings.ALLOWED_HOSTS = ["127.0.0.1", "chat.example.com"]
    assert is_own_page(origin, host) is is_own


@pytest.mark.parametrize(
    ("error", "code"),
    [(OperationalError(), Close.RESTART), (ProgrammingError(), Close.FAULT)],
)
def test_a_page_reconnects_while_its_session_cannot_be_read(
    settings: Any, monkeypatch: pytest.MonkeyPatch, error: Error, code: int
) -> None:
    settings.PUBLIC_URL = PUBLIC
    monkeypatch.setattr(session_auth, "identify", Mock(side_effect=error))
    connection = Mock()
    headers = {"origin": PUBLIC, "host": "chat.example.com", "cookie": ""}
    asyncio.run(consumers._welcome(connection, Hello(None, None, None), headers))
    connection.transport.close_connection.assert_called_once_with(code)
