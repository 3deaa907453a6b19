"""Sets the actor: for the audit, and for the database where settings are saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest

from hci_center.audit.actor import acting_in
from hci_center.audit.database import name_actor_where_needed

# The pages that write audited tables; API calls that do set the actor themselves.
BACK_OFFICE = "/admin/"
READING = ("GET", "HEAD", "OPTIONS")


class AuditMiddleware:
    """Stores the request while it is processed.

    Above ApiMiddleware, so that it applies to pages and API. A statement is only sent
    if the back-office writes an audited table.
    """

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        with acting_in(request):
            if request.method in READING or not request.path_info.startswith(
                BACK_OFFICE
            ):
                return self.get_response(request)
            with connection.execute_wrapper(name_actor_where_needed):
                return self.get_response(request)
