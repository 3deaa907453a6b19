"""Keyed digests under HCI_SECRET_KEY, and under the keys that it replaced.

What is made anew is made under the present key; what comes back is good under any of
HCI_SECRET_KEY_FALLBACKS too, so that a rotation ends neither keys nor links.
"""

from __future__ import annotations

import hmac

from django.conf import settings


def digest(purpose: str, text: str) -> bytes:
    """The HMAC-SHA256 of the text under the present key, for that purpose alone."""
    return _digest(settings.SECRET_KEY, purpose, text)


def digests(purpose: str, text: str) -> list[bytes]:
    """Under the present key first, then under each that it replaced."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_digest(key, purpose, text) for key in keys]


def _digest(key: str, purpose: str, text: str) -> bytes:
    return hmac.digest(f"{purpose}:{key}".encode(), text.encode(), "sha256")
