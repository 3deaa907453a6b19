"""Compresses responses for clients that accept gzip.

See docs/decisions/compression.md.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# A response that fits one packet does not arrive sooner when compressed.
SMALLEST = 1400
TYPES = (
    "application/javascript",
    "application/json",
    "application/vnd.oai.openapi",
    "application/yaml",
    "image/svg+xml",
    "text/",
)
# Set in the META of a request whose response contains a secret beside text of other
# people: the compressed length would reveal something about the secret.
NOT_COMPRESSED = "hci.not_compressed"


class CompressionMiddleware(GZipMiddleware):
    """Compresses complete text responses whose length reveals no secret."""

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
    """Returns whether no other site can make the client repeat the request (BREACH).

    Another site's page could do so in a browser with the login cookie. Browsers state
    the request's origin in Sec-Fetch-Site; old ones send no such header.
    """
    if request.META.get(NOT_COMPRESSED):
        return False
    if not request.META.get("HTTP_COOKIE"):
        return True
    return request.META.get("HTTP_SEC_FETCH_SITE") in ("same-origin", "none")
