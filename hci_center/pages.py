"""The HTML page for server errors."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from hci_center.database import faults


def server_error(request: HttpRequest) -> HttpResponse:
    """Renders Django's error page; with status 503 for a temporary database fault."""
    response = defaults.server_error(request)
    error = sys.exc_info()[1]
    fault = faults.fault_of(error) if error is not None else None
    if error is not None and fault is not None:
        faults.disk_full.note(error)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response["Retry-After"] = str(fault.retry_after)
    return response
