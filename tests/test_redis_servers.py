"""The address of Redis, of one server or of Sentinels, with connection options."""

from __future__ import annotations

import asyncio
import socketserver
import threading
import time

import certifi
import pytest
from channels_redis.utils import create_pool
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio import Redis as AsyncRedis

from hci_center import redis_servers
from hci_center.redis_servers import connect, layer_host
from tests.ports import free_port

SENTINELS = "rediss+sentinel://center:p%40ss@one,two:26380/main/3?"


@pytest.fixture
def ca():
    """Returns a file of certificate authorities."""
    return certifi.where()


def test_the_address_of_one_server_is_unchanged(ca):
    url = f"rediss://:secret@cache:6380/0?ssl_ca_certs={ca}"
    assert layer_host("X", url, socket_timeout=None) == {
        "address": url,
        "socket_timeout": None,
    }
    options = connect(layer_host("X", url)).connection_pool.connection_kwargs
    assert (options["host"], options["ssl_ca_certs"]) == ("cache", ca)


def test_sentinels_are_queried_for_the_service(ca):
    host = layer_host(
        "X", f"{SENTINELS}ssl_ca_certs={ca}&sentinel_password=own", socket_timeout=1
    )
    pool = create_pool(host)
    assert pool.service_name == "main"
    assert [
        (sentinel.connection_pool.connection_kwargs[part])
        for sentinel in pool.sentinel_manager.sentinels
        for part in ("host", "port")
    ] == ["one", 26379, "two", 26380]
    asked = pool.sentinel_manager.sentinel_kwargs
    assert asked == {
        **redis_servers._ONE_OF_SEVERAL,
        "ssl": True,
        "ssl_ca_certs": ca,
        "password": "own",
    }
    used = pool.connection_kwargs
    assert (used["username"], used["password"], used["db"]) == ("center", "p@ss", 3)
    assert connect(host).connection_pool.service_name == "main"


@pytest.fixture
def sentinel():
    """Returns the port of a Sentinel whose service is itself, which answers PING."""
    with FakeSentinel(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class FakeSentinel(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Answer(socketserver.StreamRequestHandler):
    """Implements as much of Redis' protocol as a client needs to find its server."""

    def handle(self):
        while parts := self.command():
            if parts[0] == "PING":
                said = "+PONG\r\n"
            elif parts[0] == "HELLO":
                said = "%1\r\n+proto\r\n:3\r\n"
            elif parts[:2] == ["SENTINEL", "MASTERS"]:
                state = {"name": "main", "ip": "127.0.0.1", "flags": "master"}
                state |= {"port": self.server.server_address[1]}
                state |= {"num-other-sentinels": 1}
                each = "".join(f"+{name}\r\n+{v}\r\n" for name, v in state.items())
                said = f"*1\r\n%{len(state)}\r\n{each}"
            else:
                said = "+OK\r\n"
            self.wfile.write(said.encode())

    def command(self):
        count = self.rfile.readline()[1:].strip()
        parts = []
        for _ in range(int(count or 0)):
            self.rfile.readline()
            parts.append(self.rfile.readline().strip().decode().upper())
        return parts


def test_an_unavailable_sentinel_causes_no_delay(sentinel):
    """/readyz waits for a second and a half; the client of each check is a new one."""
    host = layer_host(
        "X",
        f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{sentinel}/main",
        socket_timeout=1,
    )
    begun = time.monotonic()
    assert connect(host).ping()

    async def ask():
        pool = create_pool(dict(host))
        try:
            return await AsyncRedis(connection_pool=pool).ping()
        finally:
            await pool.disconnect()
            for each in pool.sentinel_manager.sentinels:
                await each.aclose()

    assert asyncio.run(ask())
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("foo", "X is no address; it must begin with redis:// or"),
        ("redis+sentinel://one/", "X is no address of Sentinels; it must look like"),
        ("redis+sentinel://one/main/x", "X is no address of Sentinels"),
        (f"{SENTINELS}ssl_chek=1", "X has the option 'ssl_chek', which is not known"),
        ("redis://one/x", "X ends in no number of a database"),
        ("redis://one/0?foo=1", "X has the option 'foo', which is not known"),
        ("rediss://one/0?ssl_cert_reqs=maybe", "X has ssl_cert_reqs=maybe; it must be"),
        ("rediss://one/0?ssl_ca_certs=/nowhere", "X names /nowhere as ssl_ca_certs"),
        ("redis://one:x/0", "X is no address"),
        ("redis://one,two/0", "X names several servers"),
    ],
)
def test_an_invalid_address_is_refused_in_a_sentence(url, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        layer_host("X", url)
