"""Public views of the OpenAPI document and Swagger UI."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string

from hci_center.errors import MethodNotAllowedError

YAML, JSON = "application/yaml", "application/json"
# Accepted media types and the format they select; the first is the default.
KINDS = {
    YAML: YAML,
    "application/vnd.oai.openapi": YAML,
    "application/x-yaml": YAML,
    "text/yaml": YAML,
    JSON: JSON,
    "application/vnd.oai.openapi+json": JSON,
}
# The page uses its own script and style files; Swagger UI adds inline styles and draws
# its icons from data URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)


def schema(request: HttpRequest) -> HttpResponse:
    """Returns YAML, or JSON by `?format=json` or the Accept header."""
    # Imported late: drf-spectacular takes a seventh of the start-up time.
    from hci_center.api.schema.document import as_json, as_yaml

    _require_get(request)
    media_type = {"json": JSON, "yaml": YAML}.get(request.GET.get("format", ""))
    if media_type is None:
        media_type = KINDS.get(request.get_preferred_type(list(KINDS)) or YAML, YAML)
    content = as_json() if media_type == JSON else as_yaml()
    return HttpResponse(
        content,
        content_type=f"{media_type}; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Vary": "Accept"},
    )


def docs(request: HttpRequest) -> HttpResponse:
    """Returns Swagger UI, served from this server's own files.

    It is the only page under /api/ and so bypasses the middleware of the other pages.
    """
    _require_get(request)
    response: HttpResponse = SecurityMiddleware(_docs)(request)  # type: ignore[assignment]
    return response


def _docs(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        render_to_string("api/docs.html"),
        headers={
            "Content-Security-Policy": POLICY,
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
        },
    )


def _require_get(request: HttpRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise MethodNotAllowedError(["GET"])
