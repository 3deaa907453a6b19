"""Decrypts the credentials and gateway settings of managers."""

from __future__ import annotations

import json
from functools import lru_cache

from hci_center.encryption import decrypt

# More than the managers of an installation: a webhook may need the settings of all.
MOST_CACHED = 8192


@lru_cache(maxsize=1024)
def decrypt_once(sealed: str) -> str:
    """A cached `decrypt`, which costs as much as a query.

    A worker decrypts the same few values again and again.
    """
    return decrypt(sealed)


@lru_cache(maxsize=MOST_CACHED)
def _settings_of(sealed: str) -> tuple[tuple[str, str], ...]:
    try:
        options = json.loads(decrypt(sealed) or "{}")
    except ValueError:
        options = {}
    if not isinstance(options, dict):
        options = {}
    return tuple((str(k), str(v)) for k, v in options.items() if v is not None)


def gateway_settings(sealed: str) -> dict[str, str]:
    """Decrypts the manager's gateway settings."""
    return dict(_settings_of(sealed))
