"""Remembers each request, so that the audit knows who acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from hci_center.audit.actor import acting_in


class AuditMiddleware:
    """Remembers the request while it is answered; asks the database nothing.

    Above ApiMiddleware, so that it stands before pages and API.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        with acting_in(request):
            return self.get_response(request)
