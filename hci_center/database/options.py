"""Validates the options of a PostgreSQL URL before libpq uses them.

libpq refuses an invalid value only when connecting, with an error that looks like an
unreachable server.
"""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.pq import Conninfo

from hci_center.tls_files import FILES, check_tls_file

_WANTED = ("disable", "prefer", "require")
_TLS_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_CHOICES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "target_session_attrs": (
        *("any", "read-write", "read-only"),
        *("primary", "standby", "prefer-standby"),
    ),
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "channel_binding": _WANTED,
    "gssencmode": _WANTED,
    "sslcertmode": ("disable", "allow", "require"),
    "sslnegotiation": ("postgres", "direct"),
    "load_balance_hosts": ("disable", "random"),
}
_NUMBERS = frozenset(
    {
        *("connect_timeout", "tcp_user_timeout", "keepalives"),
        *("keepalives_idle", "keepalives_interval", "keepalives_count"),
    }
)
_LARGEST = 2**31 - 1
# Messages of libpq for values that it refuses without contacting a server.
_REFUSED = re.compile(
    r"bad value for|invalid \S+ value|invalid port number|definition of service"
    r"|service file|could not parse network address|could not match \d+"
)


def check_options(name: str, options: dict[str, Any]) -> None:
    """Raises ImproperlyConfigured for an option that libpq would refuse."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    for option, given in options.items():
        value = str(given)
        if option not in known:
            raise ImproperlyConfigured(
                f"{name} has the option {option!r}, which PostgreSQL does not know."
            )
        among = _CHOICES.get(option)
        if among is not None and _as_libpq(value, among) not in among:
            raise ImproperlyConfigured(
                f"{name} has {option}={value}; it must be {', '.join(among)}."
            )
        if option in _NUMBERS and not _is_number(value):
            raise ImproperlyConfigured(
                f"{name} has {option}={value}; it must be a number."
            )
        if option in FILES:
            check_tls_file(name, option, value)


def refused_value(error: BaseException) -> str | None:
    """Returns the reason if libpq refused a value of the URL; None otherwise."""
    reason = str(error).partition("\n")[0]
    return reason if _REFUSED.search(reason) else None


def _as_libpq(value: str, among: tuple[str, ...]) -> str:
    """Returns the value spelled as in the list, if libpq ignores its case."""
    if among is _TLS_VERSIONS:
        return {each.lower(): each for each in among}.get(value.lower(), value)
    return value


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdecimal() and int(value) <= _LARGEST
