"""The console's page, its translations and its manifest."""

from __future__ import annotations

from csp.constants import NONE, SELF
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hci_center.console.shell import LANGUAGES, page, words_script, worker_script
from hci_center.feed.api.viewsets import socket_origin

SCRIPT = "application/javascript; charset=utf-8"


@require_safe
@never_cache
def shell(request: HttpRequest, **place: str) -> HttpResponse:
    """Renders the console; its scripts read the URL and sign the user in."""
    response = HttpResponse(page())
    policy = POLICY | {"connect-src": [SELF, socket_origin(request)]}
    response._csp_replace = policy  # type: ignore[attr-defined] # read by django-csp
    return response


@require_safe
@never_cache
def page_in(request: HttpRequest, language: str) -> HttpResponse:
    """Renders the console in one language, for the service worker's cache."""
    if language not in LANGUAGES:
        raise Http404
    with translation.override(language):
        return shell(request)


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Returns the service worker; browsers request it again to check for updates."""
    return HttpResponse(
        worker_script(), content_type=SCRIPT, headers={"Cache-Control": "no-cache"}
    )


POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "font-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "img-src": [SELF, "blob:"],
    "media-src": [SELF, "blob:"],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "object-src": None,
    # Only blobs of the page itself: PDF files, for the browser's viewer.
    "frame-src": ["blob:"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["lit-html", "service-worker"],
}


@require_safe
def words(request: HttpRequest, language: str) -> HttpResponse:
    """Returns a script with the translations for the console's scripts."""
    if language not in LANGUAGES:
        raise Http404
    return HttpResponse(
        words_script(language),
        content_type=SCRIPT,
        headers={"Cache-Control": "no-cache"},
    )


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Returns the web app manifest, which lets browsers install the console."""
    return JsonResponse(
        {
            "name": "HCI Whats Center",
            "short_name": "HCI Center",
            "lang": get_language() or "pt-br",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#f1f3f4",
            "theme_color": "#0b6b80",
            "icons": [
                {"src": static("mark.svg"), "sizes": "any", "type": "image/svg+xml"}
            ],
        },
        content_type="application/manifest+json",
    )
