"""Columns that a dump of the database does not give away."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])


def encrypt(text: str) -> str:
    """The text sealed with the newest of `HCI_TOKEN_KEYS`; "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(sealed: str) -> str:
    """The text back, whichever of the keys sealed it.

    Raises ImproperlyConfigured when none of them did: a key was taken away while
    rows still needed it.
    """
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("No key in HCI_TOKEN_KEYS opens a token.") from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is plain in Python and sealed in the table."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(super().get_prep_value(value) or "")

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else decrypt(value)
