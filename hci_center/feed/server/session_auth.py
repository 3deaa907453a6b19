"""Authenticates a `hi` without a ticket by session cookie and page origin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host

from areas.sign_in.session_auth import caller_from_session
from hci_center.feed.identity import SocketIdentity

DEFAULT_PORTS = {"http": "80", "https": "443"}


def headers_of(scope: dict[str, Any]) -> dict[str, str]:
    """Returns the cookie, origin and host headers; "" for one that is missing."""
    found = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"cookie", b"origin", b"host")
    }
    return {name: found.get(name, "") for name in ("cookie", "origin", "host")}


def is_own_page(origin: str, host: str) -> bool:
    """Whether a page of that origin may use the session cookie.

    Allowed are PUBLIC_URL, the origins in CORS_ALLOWED_ORIGINS, and pages of the web
    process: with the host of the socket, its port or the web's, and this server's
    scheme. A missing port means the default port of the scheme.
    """
    ours = {*settings.CORS_ALLOWED_ORIGINS, settings.PUBLIC_URL}
    if origin in ours - {""}:
        return True
    name, port = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return False
    # The feed itself has no TLS; only PUBLIC_URL shows whether a proxy adds it.
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
    """Returns the identity of the session cookie, or None. Queries the database."""
    request = HttpRequest()
    request.COOKIES = parse_cookie(headers["cookie"])
    caller = caller_from_session(request)
    if caller is None:
        return None
    base: str = settings.PUBLIC_URL or headers["origin"]
    return SocketIdentity(caller.credential, request.session.session_key or "", base)
