"""Hosts as addresses write them, and where one that is listened on is reached."""

from __future__ import annotations

import ipaddress

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


def in_address(host: str) -> str:
    """Returns the host as it stands in a URL or a Host header: IPv6 in brackets.

    In its shortest form, which is what browsers send.
    """
    bare = bare_host(host)
    try:
        return f"[{ipaddress.IPv6Address(bare)}]"
    except ValueError:
        return host


def bare_host(host: str) -> str:
    """Returns the host as sockets take it: without brackets."""
    is_bracketed = host.startswith("[") and host.endswith("]")
    return host[1:-1] if is_bracketed else host


def reachable(host: str) -> str:
    """Returns the host by which this machine reaches what listens on `host`."""
    return _EVERYWHERE.get(host, host)
