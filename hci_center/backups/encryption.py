"""Encrypts the parts of a backup with age, under the key in HCI_BACKUP_KEY.

A part can also be decrypted by the program `age` (age -d -i key.txt part.age), without
this program. Why age: docs/decisions/backups.md.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from typing import Any, cast

import pyrage
from django.utils.translation import gettext as _
from pyrage import x25519

from hci_center.backups.errors import BackupError
from hci_center.backups.streams import PIECE, Produce, Sink, Source, pulled

SUFFIX = ".age"


class Key:
    """A key of age, which both encrypts and decrypts."""

    def __init__(self, text: str) -> None:
        """Raises BackupError for a text that is no key."""
        try:
            self._identity = x25519.Identity.from_str(text)
        except Exception as error:
            raise BackupError(
                _(
                    "HCI_BACKUP_KEY is no key of age (AGE-SECRET-KEY-1…): "
                    "manage.py backup --new-key makes one."
                )
            ) from error
        self._secret = hashlib.sha256(b"hci backup seal:" + text.encode()).digest()

    @property
    def fingerprint(self) -> str:
        """Identifies the key in folder names and manifests without revealing it."""
        return self.seal(b"fingerprint")[:8]

    def seal(self, content: bytes) -> str:
        """Returns a keyed digest, which only holders of the key can compute."""
        return hmac.digest(self._secret, content, "sha256").hex()

    def encrypting(self, produce: Produce) -> Produce:
        """Returns a writer that encrypts the part."""

        def encrypted(target: Sink) -> None:
            sink = _KeptSink(target)
            with pulled(produce) as plain:
                try:
                    pyrage.encrypt_io(
                        cast(io.BufferedIOBase, plain),
                        cast(io.BufferedIOBase, sink),
                        [self._identity.to_public()],
                    )
                except pyrage.EncryptError as error:
                    raise sink.failure or error from None

        return encrypted

    def decrypt(self, source: Source, target: Sink) -> None:
        """Decrypts the stream; every chunk that is written is authenticated.

        Raises BackupError if the key is wrong, or if it was changed or truncated.
        """
        sink = _KeptSink(target)
        try:
            with io.BufferedWriter(sink, PIECE) as buffer:
                pyrage.decrypt_io(
                    cast(io.BufferedIOBase, source), buffer, [self._identity]
                )
        except pyrage.DecryptError as error:
            raise BackupError(
                _("it cannot be decrypted with this HCI_BACKUP_KEY, or it was changed")
            ) from error
        except OSError as error:
            if sink.failure is not None:
                raise sink.failure from None
            if error.errno is not None:
                raise
            raise BackupError(_("it was changed or is cut off")) from error


class _KeptSink(io.RawIOBase):
    """Passes on writes and stores the original error, which the library replaces."""

    def __init__(self, target: Sink) -> None:
        self._target = target
        self.failure: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        try:
            self._target.write(piece)
        except Exception as error:
            self.failure = error
            raise
        return len(piece)


def new_key() -> str:
    return str(x25519.Identity.generate())
