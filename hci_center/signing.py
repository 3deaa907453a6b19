"""Keyed digests with HCI_SECRET_KEY and its fallbacks.

New digests use the present key. Digests made with any of HCI_SECRET_KEY_FALLBACKS are
still accepted, so that a rotation revokes neither API keys nor links.
"""

from __future__ import annotations

import hmac

from django.conf import settings


def digest(purpose: str, text: str) -> bytes:
    """Returns the HMAC-SHA256 of the text with the present key, for one purpose."""
    return _digest(settings.SECRET_KEY, purpose, text)


def digests(purpose: str, text: str) -> list[bytes]:
    """Returns the digests with the present key first, then with each fallback."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_digest(key, purpose, text) for key in keys]


def _digest(key: str, purpose: str, text: str) -> bytes:
    return hmac.digest(f"{purpose}:{key}".encode(), text.encode(), "sha256")
