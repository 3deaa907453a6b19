"""The address of Redis: a server's or Sentinels', with what its connections need."""

from __future__ import annotations

import certifi
import pytest
from channels_redis.utils import create_pool
from django.core.exceptions import ImproperlyConfigured

from hci_center.redis_servers import connect, layer_host

SENTINELS = "rediss+sentinel://center:p%40ss@one,two:26380/main/3?"


@pytest.fixture
def ca():
    """A file of authorities."""
    return certifi.where()


def test_one_server_is_given_as_it_is(ca):
    url = f"rediss://:secret@cache:6380/0?ssl_ca_certs={ca}"
    assert layer_host("X", url, socket_timeout=None) == {
        "address": url,
        "socket_timeout": None,
    }
    options = connect(layer_host("X", url)).connection_pool.connection_kwargs
    assert (options["host"], options["ssl_ca_certs"]) == ("cache", ca)


def test_sentinels_are_asked_for_the_service(ca):
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
    assert asked == {"ssl": True, "ssl_ca_certs": ca, "password": "own"}
    used = pool.connection_kwargs
    assert (used["username"], used["password"], used["db"]) == ("center", "p@ss", 3)
    assert connect(host).connection_pool.service_name == "main"


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
def test_what_cannot_be_is_refused_in_a_sentence(url, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        layer_host("X", url)
