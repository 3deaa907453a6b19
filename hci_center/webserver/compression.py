"""Compresses answers for clients that take gzip (docs/decisions/compression.md)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# What fits one packet arrives no sooner for being smaller.
SMALLEST = 1400
TYPES = (
    "application/javascript",
    "application/json",
    "application/vnd.oai.openapi",
    "application/yaml",
    "image/svg+xml",
    "text/",
)
# Stands in the META of a request whose answer holds a secret beside what others have
# written: the length of a compressed answer would tell something of the secret.
NOT_COMPRESSED = "hci.not_compressed"


class CompressionMiddleware(GZipMiddleware):
    """Django's, for whole texts alone, and where their length tells nobody anything."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if (
            isinstance(response, HttpResponse)
            and len(response.content) >= SMALLEST
            and response.get("Content-Type", "").startswith(TYPES)
            and _may_be_compressed(request)
        ):
            return super().process_response(request, response)
        return response


def _may_be_compressed(request: HttpRequest) -> bool:
    """Whether nobody else can make the client ask again and again (BREACH).

    Another site's page could, in a browser, with the cookie of whoever is signed in.
    Browsers say what made them ask; one that does not say may be old.
    """
    if request.META.get(NOT_COMPRESSED):
        return False
    if not request.META.get("HTTP_COOKIE"):
        return True
    return request.META.get("HTTP_SEC_FETCH_SITE") in ("same-origin", "none")
