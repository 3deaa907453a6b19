"""From which address a request comes, as far as that can be known."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest | None) -> str:
    """The caller's address; "" where there is none.

    The peer's, or what a proxy of HCI_TRUSTED_PROXIES says of its own peer. What
    anybody else says in X-Forwarded-For is not believed.
    """
    return "" if request is None else address_in(request.META)


def address_in(meta: Mapping[str, Any]) -> str:
    """The same from the headers alone, as a WSGI environ has them."""
    peer: str = meta.get("REMOTE_ADDR") or ""
    forwarded: str = meta.get("HTTP_X_FORWARDED_FOR") or ""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    for hop in (peer, *reversed(hops)):
        if not _is_of(hop, trusted):
            return hop
    return peer


def network_of(address: str) -> str:
    """What one caller owns: of IPv6 at least a /64, so that is what counts as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed, 64), strict=False))
    return str(parsed)


@lru_cache(maxsize=8)
def _networks(
    given: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(each, strict=False) for each in given)


def _is_of(
    address: str,
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...],
) -> bool:
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
