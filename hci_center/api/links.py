"""Signed, temporary URLs that need no credential; the query has the signature."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from hci_center.signing import digest, digests

GOOD_FOR = 60 * 60
# Within this period a URL keeps its signature, so that browsers can cache it.
STEADY_FOR = 10 * 60


def signed(purpose: str, name: str, *, nonce: str = "") -> str:
    """Returns the query of a link that is valid for an hour.

    With a nonce the link is unique and valid for exactly an hour; without one it is the
    same within each ten minutes and valid up to ten minutes longer.
    """
    if nonce:
        return _query(purpose, name, int(time.time()) + GOOD_FOR, nonce)
    period_start = int(time.time()) // STEADY_FOR * STEADY_FOR
    expires = period_start + STEADY_FOR + GOOD_FOR
    return _steady_query(purpose, name, expires, settings.SECRET_KEY)


def is_signed(purpose: str, name: str, query: Mapping[str, str]) -> bool:
    """Returns whether the query has our signature for that name and has not expired."""
    expires, nonce = query.get("expires", ""), query.get("nonce", "")
    given = query.get("signature", "").encode()
    expected = digests(purpose, _text(name, expires, nonce))
    if not any(
        hmac.compare_digest(_encode(candidate), given) for candidate in expected
    ):
        return False
    return int(expires) >= time.time()


@lru_cache(maxsize=20_000)
def _steady_query(purpose: str, name: str, expires: int, _secret: str) -> str:
    """Returns the cached query: contact lists request thousands, repeatedly."""
    return _query(purpose, name, expires, "")


def _query(purpose: str, name: str, expires: int, nonce: str) -> str:
    signature = _encode(digest(purpose, _text(name, str(expires), nonce))).decode()
    beside = f"&nonce={nonce}" if nonce else ""
    return f"expires={expires}{beside}&signature={signature}"


def _text(name: str, expires: str, nonce: str) -> str:
    return f"{name}:{expires}:{nonce}"


def _encode(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")
