"""POST api/socket: the websocket's URL, a ticket and the current cursor."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.feed import tickets
from hci_center.hosts import in_address

PATH = "/api/socket"


class SocketViewSet(ContractViewSet):
    @operation(repeatable=False)
    def create(self, fields: Fields) -> dict[str, Any]:
        """Returns the feed's URL, a ticket for one socket and the current cursor."""
        base = public_base(self.request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq, epoch FROM change_head")
            seq, epoch = cursor.fetchone()
        return {
            "url": socket_url(base),
            "ticket": tickets.issue(self.caller, self._session(), base),
            "expiresIn": tickets.LASTS,
            "lastEventId": seq,
            "epoch": epoch,
        }

    def _session(self) -> str:
        if self.caller.is_key:
            return ""
        return self.request.session.session_key or ""


def public_base(request: HttpRequest) -> str:
    """Returns the address under which the caller reaches this server."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def socket_url(base: str) -> str:
    """Returns the socket's URL: below PUBLIC_URL if set, else at the feed's port."""
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    if settings.PUBLIC_URL:
        return f"{scheme}://{parts.netloc}{parts.path}{PATH}"
    host = in_address(parts.hostname or "")
    return f"{scheme}://{host}:{settings.FEED_PORT}{PATH}"


def socket_origin(request: HttpRequest) -> str:
    """Returns scheme and host of the socket's URL, for a content policy."""
    parts = urlsplit(socket_url(public_base(request)))
    return f"{parts.scheme}://{parts.netloc}"
