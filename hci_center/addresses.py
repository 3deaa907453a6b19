"""Network addresses: of a request's caller, and those that outgoing calls may use."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest | None) -> str:
    """Returns the caller's address, or "" without a request.

    This is the address of the peer or, behind a proxy of HCI_TRUSTED_PROXIES, the one
    that the proxy reports. Other X-Forwarded-For values are ignored.
    """
    return "" if request is None else address_in(request.META)


def address_in(meta: Mapping[str, Any]) -> str:
    """Returns the caller's address from the headers of a WSGI environ."""
    peer: str = meta.get("REMOTE_ADDR") or ""
    forwarded: str = meta.get("HTTP_X_FORWARDED_FOR") or ""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    for hop in (peer, *reversed(hops)):
        if not _is_in(hop, trusted):
            return hop
    return peer


def caller_address(meta: Mapping[str, Any]) -> str:
    """Returns the caller's address where it is beyond doubt, else "".

    Unlike `address_in` it may stand for a credential: the address of the peer, if it
    reports no other, or the one that a proxy of HCI_TRUSTED_PROXIES reports. A proxy
    that is not listed, or that reports nobody, gives its own address to everybody.
    """
    peer: str = meta.get("REMOTE_ADDR") or ""
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    if not _is_in(peer, trusted):
        is_forwarded = settings.PUBLIC_URL and not trusted
        return "" if is_forwarded or any(name in meta for name in _FORWARDED) else peer
    address = address_in(meta)
    return "" if _is_in(address, trusted) else address


# What proxies add to the requests that they pass on.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


def is_loopback(address: str) -> bool:
    """Returns whether the address is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def is_in(address: str, networks: tuple[str, ...]) -> bool:
    """Returns whether the address lies in one of the networks."""
    return _is_in(address, _networks(networks))


def network_of(address: str) -> str:
    """Returns the network that counts as one caller: a /64 for IPv6.

    One IPv6 customer owns at least a /64. A value that is no address is returned as is.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed, 64), strict=False))
    return str(parsed)


def is_public(address: str) -> bool:
    """Returns whether the address belongs to the public internet.

    Someone who chooses where we send something could otherwise reach our own machine,
    its network or the metadata server of a cloud. Addresses of IPv6 that stand for one
    of IPv4 are judged by that one.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed)
        if inner is None:
            return parsed in _UNICAST and parsed.is_global
        parsed = inner
    return parsed.is_global and not parsed.is_multicast


# Addresses of IPv6 that are assigned to networks, and those by which a host that has
# only IPv6 reaches one of IPv4 (RFC 6052).
_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address not in _TRANSLATED:
        return None
    return ipaddress.IPv4Address(address.packed[-4:])


@lru_cache(maxsize=256)
def _networks(
    values: tuple[str, ...],
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(value, strict=False) for value in values)


def _is_in(
    address: str,
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...],
) -> bool:
    if not networks:
        return False
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Returns the address, None for an invalid one; IPv4 within IPv6 as IPv4."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed
