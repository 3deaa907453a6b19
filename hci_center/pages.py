"""The HTML page for server errors, and security.txt."""

from __future__ import annotations

import sys
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views import defaults
from django.views.decorators.http import require_safe

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


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Renders the contact of HCI_SECURITY_CONTACT (RFC 9116); 404 without one."""
    contact = settings.SECURITY_CONTACT
    if not contact:
        raise Http404
    if ":" not in contact:
        contact = f"mailto:{contact}"
    # The expiry is renewed daily, so that copies in caches are equal.
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    expires += timedelta(days=180)
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: pt, en",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    return HttpResponse(
        "\n".join(lines) + "\n", content_type="text/plain; charset=utf-8"
    )
