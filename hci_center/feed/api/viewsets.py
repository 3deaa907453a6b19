"""POST api/socket: where to connect, with what, and from where on."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.feed import tickets

PATH = "/api/socket"


class SocketViewSet(ContractViewSet):
    @operation(repeatable=False)
    def create(self, fields: Fields) -> dict[str, Any]:
        """Opens the way to the live feed: an address, a ticket for one socket within
        its seconds, and the cursor of now."""
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
    """Under which address the caller reaches us."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def socket_url(base: str) -> str:
    """The socket beside it: behind a proxy the same address, else the feed's port."""
    where = urlsplit(base)
    scheme = "wss" if where.scheme == "https" else "ws"
    if settings.PUBLIC_URL:
        return f"{scheme}://{where.netloc}{where.path}{PATH}"
    name = f"[{where.hostname}]" if ":" in (where.hostname or "") else where.hostname
    return f"{scheme}://{name}:{settings.FEED_PORT}{PATH}"
