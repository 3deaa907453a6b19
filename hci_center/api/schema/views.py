"""The document and its rendering, for anybody: no key is needed to read them."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string

from hci_center.errors import MethodNotAllowedError

YAML, JSON = "application/yaml", "application/json"
# What each kind may be called by who asks for it; the first of all is the default.
KINDS = {
    YAML: YAML,
    "application/vnd.oai.openapi": YAML,
    "application/x-yaml": YAML,
    "text/yaml": YAML,
    JSON: JSON,
    "application/vnd.oai.openapi+json": JSON,
}
# The page's script and style are its own files; Swagger UI styles inline and draws
# its icons from data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)


def schema(request: HttpRequest) -> HttpResponse:
    """YAML or, by `?format=json` or the Accept header, JSON."""
    # What it takes to build it would be a seventh of every start, mostly for nothing.
    from hci_center.api.schema.document import as_json, as_yaml

    _require_get(request)
    wanted = {"json": JSON, "yaml": YAML}.get(request.GET.get("format", ""))
    if wanted is None:
        wanted = KINDS.get(request.get_preferred_type(list(KINDS)) or YAML, YAML)
    content = as_json() if wanted == JSON else as_yaml()
    return HttpResponse(
        content,
        content_type=f"{wanted}; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Vary": "Accept"},
    )


def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI, from this server's own files; the one page under /api/, which the
    middleware of the other pages does not see."""
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
