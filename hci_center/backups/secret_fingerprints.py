"""Compares fingerprints of the secrets that a database needs with our secrets.

A backup contains no secrets: fingerprints tell before a restore which one is missing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

SECRET_KEY, TOKEN_KEYS = "HCI_SECRET_KEY", "HCI_TOKEN_KEYS"


def fingerprints() -> dict[str, Any]:
    """Returns the fingerprint of the signing key and those of the encryption keys."""
    return {
        SECRET_KEY: fingerprint(settings.SECRET_KEY),
        TOKEN_KEYS: [fingerprint(key) for key in settings.TOKEN_KEYS],
    }


def fingerprint(secret: str) -> str:
    """Returns 16 digits, computed slowly, to protect weak secrets from guessing."""
    made = hashlib.scrypt(
        secret.encode(), salt=b"hci backup fingerprint", n=2**14, r=8, p=1, dklen=8
    )
    return made.hex()


def missing(wanted: dict[str, Any]) -> str:
    """Returns a sentence that names the secret that differs; "" if none does."""
    folder = settings.DATA_DIR / "secrets"
    try:
        signing = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    except ImproperlyConfigured:
        return _(
            "HCI_SECRET_KEY is not set, and this backup needs it (fingerprint %(its)s): "
            "set it, or put the files of the other machine's HCI_DATA_DIR/secrets into "
            "%(folder)s."
        ) % {"its": wanted[SECRET_KEY], "folder": folder}
    ours = [fingerprint(key) for key in signing]
    if wanted[SECRET_KEY] not in ours:
        return _(
            "HCI_SECRET_KEY is not the one that this backup was made under (fingerprint "
            "%(its)s, here %(ours)s): set that one, or put the file secret_key of the "
            "other machine's HCI_DATA_DIR/secrets into %(folder)s."
        ) % {"its": wanted[SECRET_KEY], "ours": ours[0], "folder": folder}
    keys = [fingerprint(key) for key in settings.TOKEN_KEYS]
    lacking = [each for each in wanted[TOKEN_KEYS] if each not in keys]
    if lacking:
        return _(
            "HCI_TOKEN_KEYS lacks a key that this backup's page tokens and gateway "
            "settings may be encrypted with (fingerprint %(its)s; here %(ours)s): add "
            "it, or put the file token_key of the other machine's HCI_DATA_DIR/secrets "
            "into %(folder)s."
        ) % {
            "its": ", ".join(lacking),
            "ours": ", ".join(keys) or _("none"),
            "folder": folder,
        }
    return ""
