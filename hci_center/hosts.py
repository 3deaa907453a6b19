"""Formats of hosts in URLs and sockets, especially IPv6."""

from __future__ import annotations

import ipaddress

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


def in_address(host: str) -> str:
    """Returns the host in the format of URLs and Host headers: IPv6 in brackets.

    IPv6 in its shortest form, as browsers send it.
    """
    bare = bare_host(host)
    try:
        return f"[{ipaddress.IPv6Address(bare)}]"
    except ValueError:
        return host


def bare_host(host: str) -> str:
    """Returns the host in the format of sockets: without brackets."""
    is_bracketed = host.startswith("[") and host.endswith("]")
    return host[1:-1] if is_bracketed else host


def reachable(host: str) -> str:
    """Returns the host by which this machine can connect to a server on `host`."""
    return _EVERYWHERE.get(host, host)
