"""A console's `hi` without a ticket: the session cookie, and whose page it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host

from areas.session_auth import caller_from_session
from hci_center.feed.identity import SocketIdentity

DEFAULT_PORTS = {"http": "80", "https": "443"}


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    """The three headers that a socket's right to speak depends on."""
    found = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"cookie", b"origin", b"host")
    }
    return {name: found.get(name, "") for name in ("cookie", "origin", "host")}


def is_own_page(origin: str, host: str) -> bool:
    """Whether a page of that origin may use the session: it is one of ours.

    Ours are the public address, the listed origins, and the web process beside this
    one: the same host as the socket's, at its port or at the web's, by our scheme. A
    port that is not said is the scheme's own.
    """
    ours = {*settings.CORS_ALLOWED_ORIGINS, settings.PUBLIC_URL}
    if origin in ours - {""}:
        return True
    name, port = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    # The feed itself speaks no TLS: only the public address tells of a proxy that does.
    scheme = "https" if settings.PUBLIC_URL.startswith("https://") else "http"
    default = DEFAULT_PORTS[scheme]
    try:
        page = urlsplit(origin)
        page_port = str(page.port or default)
    except ValueError:
        return False
    return (
        page.scheme == scheme
        and page.hostname == name.strip("[]").lower()
        and page_port in (port or default, str(settings.PORT))
    )


def identify(headers: dict[str, str]) -> SocketIdentity | None:
    """The person whose session cookie came with the handshake. Asks the database."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(headers["cookie"])
    caller = caller_from_session(request)
    if caller is None:
        return None
    base: str = settings.PUBLIC_URL or headers["origin"]
    return SocketIdentity(caller.credential, request.session.session_key or "", base)
