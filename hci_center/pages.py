"""The pages that are shown when a page could not be made."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from hci_center.database import faults


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's page for an error of ours; 503 where the database failed for now."""
    response = defaults.server_error(request)
    error = sys.exc_info()[1]
    fault = faults.fault_of(error) if error is not None else None
    if error is not None and fault is not None:
        faults.disk_full.note(error)
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        response["Retry-After"] = str(fault.retry_after)
    return response
