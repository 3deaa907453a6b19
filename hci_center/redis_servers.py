"""Parses the URL of Redis: one server, or Sentinels.

The channel layer only uses pub/sub. A cluster forwards these messages to all of its
nodes, so the address of any node (or of a load balancer) is enough.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from hci_center.tls_files import FILES, check_tls_file

if TYPE_CHECKING:
    from redis import Redis

SERVERS = ("redis", "rediss", "unix")
SENTINELS = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379
# Options of a Sentinel URL: for the service's TLS and the Sentinels' own login.
_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")
_LOGIN = ("sentinel_username", "sentinel_password")
_REQUIREMENTS = ("required", "optional", "none")
# For the connection to a Sentinel: redis-py would retry an unreachable one four times,
# with pauses that add up to seconds, before the next one.
_ONE_OF_SEVERAL = {"retry": None, "socket_timeout": 0.5, "socket_connect_timeout": 0.5}
# Options of a single server's URL; redis-py raises an error for others when it
# connects.
_OPTIONS = frozenset(
    {
        *_TLS,
        *("ssl_check_hostname", "db", "username", "password", "protocol"),
        *("client_name", "health_check_interval", "socket_keepalive"),
    }
)


def layer_host(name: str, url: str, **options: Any) -> dict[str, Any]:
    """Returns the entry of channels_redis's `hosts` for the URL.

    `options` are those of its connections. Raises ImproperlyConfigured with the name of
    the variable, but not the URL, which may contain a password.
    """
    try:
        parts = urlsplit(url)
        hosts = _hosts_of(parts)
    except ValueError:
        parts, hosts = urlsplit(""), []
    if parts.scheme in SENTINELS:
        return _of_sentinels(name, parts, hosts) | options
    if parts.scheme not in SERVERS or not (parts.netloc or parts.path):
        expected = " or ".join(f"{scheme}://" for scheme in SERVERS)
        raise ImproperlyConfigured(
            f"{name} is no address; it must begin with {expected}."
        )
    if len(hosts) > 1:
        raise ImproperlyConfigured(
            f"{name} names several servers: name one of a cluster's, or Sentinels as "
            "redis+sentinel://host,host/service."
        )
    number = parts.path.strip("/") if parts.scheme != "unix" else ""
    if number and not (number.isascii() and number.isdecimal()):
        raise ImproperlyConfigured(f"{name} ends in no number of a database.")
    _check_options(name, parts, _OPTIONS)
    return {"address": url, **options}


def connect(host: dict[str, Any]) -> Redis:
    """Returns a client of the server of a `layer_host`; it connects when it is used."""
    # Imported late: it takes a tenth of the start-up time of commands.
    import redis
    from redis.sentinel import Sentinel

    options = dict(host)
    if "address" in options:
        return redis.Redis.from_url(options.pop("address"), **options)
    service, sentinels = options.pop("master_name"), options.pop("sentinels")
    own = options.pop("sentinel_kwargs")
    found: Any = Sentinel(sentinels, sentinel_kwargs=own)  # type: ignore[no-untyped-call]
    client: Redis = found.master_for(service, **options)
    return client


def _hosts_of(parts: SplitResult) -> list[tuple[str, int | None]]:
    """Returns host and port of each server. Raises ValueError."""
    listed = parts.netloc.rpartition("@")[2]
    each = [urlsplit(f"//{host}") for host in listed.split(",") if host]
    return [(host.hostname or "", host.port) for host in each]


def _check_options(name: str, parts: SplitResult, known: Set[str]) -> dict[str, str]:
    """Returns the options of the URL. Raises ImproperlyConfigured if one is invalid."""
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    for option, value in given.items():
        if option not in known:
            raise ImproperlyConfigured(
                f"{name} has the option {option!r}, which is not known."
            )
        if option == "ssl_cert_reqs" and value not in _REQUIREMENTS:
            raise ImproperlyConfigured(
                f"{name} has {option}={value}; it must be {', '.join(_REQUIREMENTS)}."
            )
        if option in FILES:
            check_tls_file(name, option, value)
    return given


def _of_sentinels(
    name: str, parts: SplitResult, hosts: list[tuple[str, int | None]]
) -> dict[str, Any]:
    service, _, database = parts.path.strip("/").partition("/")
    is_number = not database or (database.isascii() and database.isdecimal())
    if not (service and hosts and is_number):
        raise ImproperlyConfigured(
            f"{name} is no address of Sentinels; it must look like "
            "redis+sentinel://host:26379,host/service/0."
        )
    given = _check_options(name, parts, {*_TLS, *_LOGIN})
    tls = {name: given[name] for name in _TLS if name in given}
    if parts.scheme == "rediss+sentinel":
        tls["ssl"] = True  # type: ignore[assignment]
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    login = {"username": unquote(user), "password": unquote(password)}
    own = {name.removeprefix("sentinel_"): given.get(name) for name in _LOGIN}
    return {
        "master_name": service,
        "sentinels": [(host, port or SENTINEL_PORT) for host, port in hosts],
        "sentinel_kwargs": {
            **_ONE_OF_SEVERAL,
            **tls,
            **{k: v for k, v in own.items() if v},
        },
        **tls,
        **{name: value for name, value in login.items() if value},
        **({"db": int(database)} if database else {}),
    }
