"""Django's WSGI handler with a shorter path for API calls and webhooks with a body."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from corsheaders.middleware import CorsMiddleware
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import Http404, HttpRequest
from django.urls import ResolverMatch, resolve
from django.utils.cache import patch_vary_headers

from hci_center.api.middleware import (
    LONGEST_CACHED,
    MOST_CACHED,
    PREFIX,
    ApiMiddleware,
    activate_language,
)
from hci_center.audit.middleware import AuditMiddleware
from hci_center.compression import CompressionMiddleware
from hci_center.logs import requests

WEBHOOKS = "/webhooks/"


def begin_request(**_signal: Any) -> None:
    """Closes this thread's connection if it is broken or too old."""
    requests.begin()


class CallCors(CorsMiddleware):
    """Does not read the headers of a call that names no origin: most do not."""

    def __call__(self, request: HttpRequest) -> Any:
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS":
            return super().__call__(request)
        response: Any = self.get_response(request)
        patch_vary_headers(response, ("origin",))
        return response


class Application(WSGIHandler):
    """Passes API calls and webhooks that have a body directly to their views.

    Of Django's request signals and middleware, an API call needs only the check of the
    database connection, compression and CORS, and a webhook only the first; the rest
    takes a fifth of an API call's time in Python, and half of a webhook's. GET and HEAD
    requests take Django's normal path, with the same responses.
    """

    begin_request = staticmethod(begin_request)

    def __init__(self) -> None:
        super().__init__()
        # In the order of settings.MIDDLEWARE.
        self.api = CompressionMiddleware(
            CallCors(AuditMiddleware(ApiMiddleware(_no_page)))
        )
        self.webhook = AuditMiddleware(convert_exception_to_response(_answer_webhook))

    # WSGI only requires an iterable; Django returns its response object.
    def __call__(  # type: ignore[override]
        self, environ: dict[str, Any], start_response: Any
    ) -> Iterable[bytes]:
        answer = self.short_path(environ)
        if answer is None:
            return super().__call__(environ, start_response)
        self.begin_request()
        request = WSGIRequest(environ)
        response: Any = answer(request)
        requests.describe(request)
        start_response(
            f"{response.status_code} {response.reason_phrase}",
            [
                *response.items(),
                *(("Set-Cookie", c.OutputString()) for c in response.cookies.values()),
            ],
        )
        return [response.content]

    def short_path(self, environ: dict[str, Any]) -> Callable[..., Any] | None:
        """Returns the handler of a request that bypasses Django's, otherwise None."""
        path: str = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            return None
        if path.startswith(PREFIX):
            return self.api
        if not path.startswith(WEBHOOKS) or len(path) > LONGEST_CACHED:
            return None
        return None if _webhook_route(path) is None else self.webhook

    def get_response(self, request: HttpRequest) -> Any:
        response = super().get_response(request)
        requests.describe(request)
        return response


@lru_cache(maxsize=MOST_CACHED)
def _webhook_route(path: str) -> ResolverMatch | None:
    """Returns the route of a webhook; None for paths that no webhook has."""
    try:
        return resolve(path)
    except Http404:
        return None


def _answer_webhook(request: HttpRequest) -> Any:
    activate_language(request)
    request.get_host()  # raises for a foreign Host
    match = _webhook_route(request.path_info)
    if match is None:
        raise Http404
    request.resolver_match = match
    return match.func(request, *match.args, **match.kwargs)


def _no_page(_request: Any) -> Any:
    raise LookupError("no page lies under /api/")
