"""Fingerprints of the secrets that a database needs, and whether ours are those.

A backup holds no secret: its fingerprints say before a restore which one is missing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SECRET_KEY, TOKEN_KEYS = "HCI_SECRET_KEY", "HCI_TOKEN_KEYS"


def fingerprints() -> dict[str, Any]:
    """Returns the fingerprint of the signing key and those of the encryption keys."""
    return {
        SECRET_KEY: fingerprint(settings.SECRET_KEY),
        TOKEN_KEYS: [fingerprint(key) for key in settings.TOKEN_KEYS],
    }


def fingerprint(secret: str) -> str:
    """Returns 16 digits that are slow to compute, so that a weak secret is not told."""
    made = hashlib.scrypt(
        secret.encode(), salt=b"hci backup fingerprint", n=2**14, r=8, p=1, dklen=8
    )
    return made.hex()


def missing(wanted: dict[str, Any]) -> str:
    """Returns a sentence that names the secret that differs; "" if none does."""
    try:
        signing = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    except ImproperlyConfigured:
        return (
            f"{SECRET_KEY} is not set, and this backup needs it (fingerprint "
            f"{wanted[SECRET_KEY]}): set it, or put the files of the other machine's "
            f"HCI_DATA_DIR/secrets into {settings.DATA_DIR / 'secrets'}."
        )
    ours = [fingerprint(key) for key in signing]
    if wanted[SECRET_KEY] not in ours:
        return (
            f"{SECRET_KEY} is not the one that this backup was made under (fingerprint "
            f"{wanted[SECRET_KEY]}, here {ours[0]}): set that one, or put the file "
            "secret_key of the other machine's HCI_DATA_DIR/secrets into "
            f"{settings.DATA_DIR / 'secrets'}."
        )
    keys = [fingerprint(key) for key in settings.TOKEN_KEYS]
    lacking = [each for each in wanted[TOKEN_KEYS] if each not in keys]
    if lacking:
        return (
            f"{TOKEN_KEYS} lacks a key that this backup's page tokens and gateway "
            f"settings may be encrypted with (fingerprint {', '.join(lacking)}; here "
            f"{', '.join(keys) or 'none'}): add it, or put the file token_key of the other "
            f"machine's HCI_DATA_DIR/secrets into {settings.DATA_DIR / 'secrets'}."
        )
    return ""
