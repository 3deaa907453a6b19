"""Restricts the targets of outgoing webhooks: https and public addresses only.

The address is checked when the connection is opened and not when the URL is saved: what
a name resolves to may have changed meanwhile.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings

from hci_center.addresses import is_public

MOST_CHARACTERS = 2000


class WrongUrlError(ValueError):
    """The URL is not allowed for a webhook; the argument is a code."""


class NotPublicError(OSError):
    """The name does not resolve to a public address."""


def check_url(url: str) -> None:
    """Raises WrongUrlError with a code: "length", "url", "https" or "not_public"."""
    if len(url) > MOST_CHARACTERS:
        raise WrongUrlError("length")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise WrongUrlError("url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WrongUrlError("url") from error
    if not host or port == 0 or "@" in parts.netloc or parts.fragment:
        raise WrongUrlError("url")
    if parts.scheme != "https" and not (
        settings.HOOKS_LOCAL and parts.scheme == "http"
    ):
        raise WrongUrlError("https")
    if _is_address(host) and not may_connect(host):
        raise WrongUrlError("not_public")


def may_connect(address: str) -> bool:
    """Returns whether a webhook may be sent to this address."""
    return settings.HOOKS_LOCAL or is_public(address)


def open_socket(host: str, port: int, remaining: Callable[[], float]) -> socket.socket:
    """Connects to the host, only to an address that has been checked.

    `remaining` returns the seconds that are left and raises TimeoutError. Raises
    NotPublicError if no address may be used, or OSError.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    error: OSError = NotPublicError(host)
    for family, kind, protocol, _name, place in found:
        if not may_connect(str(place[0])):
            continue
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(remaining())
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.connect(place)
        except OSError as failed:
            opened.close()
            error = failed
            continue
        except BaseException:
            opened.close()
            raise
        # Also the limit of the whole TLS handshake that follows.
        opened.settimeout(remaining())
        return opened
    raise error


def _is_address(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except OSError:
        return False
    return True
