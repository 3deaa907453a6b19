"""Writes, encrypts and decrypts the zip of a dossier."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, Self

from django.core.files.storage import default_storage

from hci_center import signing
from hci_center.encryption import decrypt_bytes, encrypt_bytes

PURPOSE = "dossier"
PART = 2**20
_FORMULA = ("=", "+", "-", "@")
BOM = "\ufeff"


class Dossier:
    """A zip under construction, with the size and SHA-256 of each file."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.files: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def text(self, name: str, text: str) -> None:
        self.stream(name, io.BytesIO(text.encode()))

    def stream(self, name: str, content: IO[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as entry:
            while part := content.read(PART):
                entry.write(part)
                digest.update(part)
                size += len(part)
        self.files[name] = {"bytes": size, "sha256": digest.hexdigest()}

    def stored(self, name: str, stored_name: str) -> bool:
        """Adds a stored file; returns False if it no longer exists."""
        try:
            content = default_storage.open(stored_name)
        except FileNotFoundError:
            return False
        with content:
            self.stream(name, content)
        return True

    def add_manifest(self, totals: dict[str, int]) -> dict[str, Any]:
        """Adds the manifest with an HMAC over all of it; returns the manifest."""
        body = {
            "schema": "hci-dossier-manifest/1",
            "files": self.files,
            "totals": {**totals, "files": len(self.files)},
        }
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        manifest = {**body, "hmac": signing.digest(PURPOSE, text).hex()}
        self._zip.writestr(
            "manifesto.json", json.dumps(manifest, indent=2, ensure_ascii=False)
        )
        return manifest


def csv_text(header: Sequence[str], rows: list[list[str]]) -> str:
    """Returns a CSV file for Excel in Portuguese, without formulas."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([[_guarded(cell) for cell in row] for row in rows])
    return BOM + target.getvalue()


def _guarded(text: str) -> str:
    is_formula = text.lstrip().startswith(_FORMULA) or text.startswith(("\t", "\r"))
    return f"'{text}" if is_formula else text


def seal(content: IO[bytes], target: IO[bytes]) -> None:
    """Encrypts the content into the target, one line per chunk."""
    while part := content.read(PART):
        target.write(encrypt_bytes(part) + b"\n")


def unsealed(content: IO[bytes]) -> Iterator[bytes]:
    """Yields the decrypted chunks of a file; raises InvalidToken for a wrong key."""
    for line in content:
        yield decrypt_bytes(line.strip())
