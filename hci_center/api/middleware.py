"""Routes all requests under /api/.

ApiMiddleware runs before the middleware of the pages: an API response needs no login
session, cookie or template, and must never be an HTML page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch, resolve
from django.utils import translation

from hci_center.api.errors import answer_refusal, as_refusal
from hci_center.path_keys import PATH_KEY

PREFIX = "/api/"
PROBES = ("/api", "/healthz", "/healthz/", "/readyz", "/readyz/")

# Paths contain ports and page ids, so their number is unlimited: only the routes of
# recent short paths are cached; every documented path is short enough.
LONGEST_CACHED = 128
MOST_CACHED = 1024
# No route is longer, and resolving takes time per character.
LONGEST_PATH = 1024

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ApiMiddleware:
    """Resolves and runs API requests and renders their errors; passes on the rest."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(PREFIX) and path not in PROBES:
            return self.get_response(request)
        activate_language(request)
        response = self._answer(request, path)
        if PATH_KEY in request.META:
            # The address of a page with a key must not be sent to linked pages.
            response["Referrer-Policy"] = "no-referrer"
        return response

    def _answer(self, request: HttpRequest, path: str) -> HttpResponseBase:
        try:
            if path not in PROBES:
                request.get_host()  # raises for a foreign Host
            match = find_route(path)
            request.resolver_match = match
            response: HttpResponseBase = match.func(
                request, *match.args, **match.kwargs
            )
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        except Exception as error:  # noqa: BLE001 - every error becomes a response
            return answer_refusal(request, as_refusal(error))
        return response


def activate_language(request: HttpRequest) -> None:
    """Sets this thread's language; an earlier request may have changed it."""
    if "HTTP_ACCEPT_LANGUAGE" in request.META:
        translation.activate(translation.get_language_from_request(request))
    else:
        translation.deactivate()


def find_route(path: str) -> ResolverMatch:
    """Returns the route of a path with or without its last slash.

    Both forms are accepted without a redirect: a redirected POST loses its body. Raises
    Http404.
    """
    if len(path) > LONGEST_PATH:
        raise Http404
    return _cached_route(path) if len(path) <= LONGEST_CACHED else _route(path)


def _route(path: str) -> ResolverMatch:
    if path.endswith("//"):
        raise Http404
    try:
        return resolve(path)
    except Http404:
        other = path.removesuffix("/") if path.endswith("/") else path + "/"
        return resolve(other)


_cached_route = lru_cache(maxsize=MOST_CACHED)(_route)
