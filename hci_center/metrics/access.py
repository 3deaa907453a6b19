"""Access to metrics: off, or with HCI_METRICS_KEY."""

from __future__ import annotations

import hmac

from django.conf import settings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OFF = b"HCI_METRICS_KEY is not set: there are no metrics here.\n"
REFUSED = b"Authorization: Bearer with HCI_METRICS_KEY is needed.\n"


def refusal(authorization: str | None) -> tuple[int, bytes] | None:
    """Returns the status and text to refuse a request with, or None."""
    key: str = settings.METRICS_KEY
    if not key:
        return 404, OFF
    kind, _, given = (authorization or "").partition(" ")
    if kind.lower() == "bearer" and hmac.compare_digest(
        given.strip().encode("utf-8", "replace"), key.encode()
    ):
        return None
    return 401, REFUSED
