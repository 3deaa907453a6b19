"""Fixtures: the servers that the tests attack."""

from __future__ import annotations

import pytest

from tests.attacks.servers import Server
from tests.chats.conftest import cloud, rounds
from tests.faults.conftest import cluster

__all__ = ["cloud", "cluster", "rounds"]


@pytest.fixture(scope="module")
def running_echo(tmp_path_factory):
    """The web process's server with an application that echoes each request."""
    log = tmp_path_factory.mktemp("echo") / "log"
    server = Server(log, "tests.webserver.echo", "{port}")
    yield server
    server.stop()


@pytest.fixture
def echo(running_echo):
    yield running_echo
    running_echo.hang_up()


@pytest.fixture(scope="module")
def running_feed_port(tmp_path_factory):
    """The feed's server without a database: only its port is attacked."""
    log = tmp_path_factory.mktemp("feed") / "log"
    server = Server(
        log,
        "tests.attacks.feed_port",
        HCI_FEED_PORT="{port}",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
    )
    yield server
    server.stop()


@pytest.fixture
def feed_port(running_feed_port):
    yield running_feed_port
    running_feed_port.hang_up()


@pytest.fixture(params=["echo", "feed_port"])
def either(request):
    """Each of the two servers in turn: they have the same limits."""
    return request.getfixturevalue(request.param)
