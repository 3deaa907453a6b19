"""Encrypted columns, unreadable in a dump of the database."""

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
    """Encrypts the text with the newest of `HCI_TOKEN_KEYS`; "" stays ""."""
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(encrypted: str) -> str:
    """Decrypts the value with any of `HCI_TOKEN_KEYS`; "" stays "".

    Raises ImproperlyConfigured when no key fits: a key was removed while rows still
    needed it.
    """
    if not encrypted:
        return ""
    try:
        return _fernet().decrypt(encrypted.encode()).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("No key in HCI_TOKEN_KEYS opens a token.") from error


def encrypt_bytes(content: bytes) -> bytes:
    """Encrypts the bytes with the newest of `HCI_TOKEN_KEYS`, into one line."""
    return _fernet().encrypt(content)


def decrypt_bytes(encrypted: bytes) -> bytes:
    """Decrypts the bytes; raises InvalidToken when none of the keys fits."""
    return _fernet().decrypt(encrypted)


def can_decrypt(encrypted: str) -> bool:
    """Returns whether one of the keys decrypts the value; "" needs none."""
    try:
        decrypt(encrypted)
    except ImproperlyConfigured:
        return False
    return True


def has_value(row: models.Model, column: str, value: Any) -> bool:
    """Returns whether the column has the value; what no key decrypts equals nothing."""
    try:
        return bool(getattr(row, column) == value)
    except ImproperlyConfigured:
        return False


def is_newest(encrypted: str) -> bool:
    """Returns whether the first of the keys encrypted the value."""
    try:
        Fernet(settings.TOKEN_KEYS[0]).decrypt(encrypted.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text field that is plain in Python and encrypted in the table."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(super().get_prep_value(value) or "")

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else decrypt(value)


class EncryptedColumn(NamedTuple):
    """An encrypted column, with its names as in the database."""

    table: str
    key: str
    name: str
    # Whether the value may be empty.
    is_optional: bool


def encrypted_columns() -> list[EncryptedColumn]:
    """Returns every encrypted column of the installed apps, in the apps' order."""
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
