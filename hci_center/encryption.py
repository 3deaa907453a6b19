"""Columns that a dump of the database does not give away."""

from __future__ import annotations

from typing import Any, NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _fernet() -> MultiFernet:
    if not settings.TOKEN_KEYS:
        raise ImproperlyConfigured("HCI_TOKEN_KEYS is not set.")
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


def can_decrypt(sealed: str) -> bool:
    """Whether one of the keys encrypted the value; "" needs none."""
    try:
        decrypt(sealed)
    except ImproperlyConfigured:
        return False
    return True


def is_newest(sealed: str) -> bool:
    """Whether the first of the keys encrypted the value."""
    try:
        Fernet(settings.TOKEN_KEYS[0]).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is plain in Python and sealed in the table."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(super().get_prep_value(value) or "")

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else decrypt(value)


class EncryptedColumn(NamedTuple):
    """Where encrypted values are; names as the database has them."""

    table: str
    key: str
    name: str
    # Whether the row can do without the value.
    is_optional: bool


def encrypted_columns() -> list[EncryptedColumn]:
    """Every encrypted column of the installation, in the order of the apps."""
    return [
        EncryptedColumn(
            model._meta.db_table,
            str(model._meta.pk.column),
            str(field.column),
            field.blank,
        )
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    ]
