"""Addresses that whoever has them may open, for a while: signed in their query."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

from hci_center.signing import digest, digests

GOOD_FOR = 60 * 60
# Within it one address gets the same signature, so that browsers keep what they have.
STEADY_FOR = 10 * 60


def signed(purpose: str, name: str, *, nonce: str = "") -> str:
    """The query of a link that is good for an hour: with a nonce exactly so long and
    never twice the same, without one a few minutes longer and the same for those."""
    if nonce:
        return _query(purpose, name, int(time.time()) + GOOD_FOR, nonce)
    begun = int(time.time()) // STEADY_FOR * STEADY_FOR
    expires = begun + STEADY_FOR + GOOD_FOR
    return _steady_query(purpose, name, expires, settings.SECRET_KEY)


def is_signed(purpose: str, name: str, query: Mapping[str, str]) -> bool:
    """Whether the query was signed by us for that name and has not run out."""
    expires, nonce = query.get("expires", ""), query.get("nonce", "")
    given = query.get("signature", "").encode()
    made = digests(purpose, _text(name, expires, nonce))
    if not any(hmac.compare_digest(_spelled(each), given) for each in made):
        return False
    return int(expires) >= time.time()


@lru_cache(maxsize=20_000)
def _steady_query(purpose: str, name: str, expires: int, _secret: str) -> str:
    """Lists of contacts ask for thousands at once, and again and again."""
    return _query(purpose, name, expires, "")


def _query(purpose: str, name: str, expires: int, nonce: str) -> str:
    signature = _spelled(digest(purpose, _text(name, str(expires), nonce))).decode()
    beside = f"&nonce={nonce}" if nonce else ""
    return f"expires={expires}{beside}&signature={signature}"


def _text(name: str, expires: str, nonce: str) -> str:
    return f"{name}:{expires}:{nonce}"


def _spelled(made: bytes) -> bytes:
    return base64.urlsafe_b64encode(made).rstrip(b"=")
