"""The manifest of a backup: its contents, versions and checksums."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import IO, Any, TypeVar, get_origin, get_type_hints

from django.utils.translation import gettext as _

from hci_center.backups import file_lists
from hci_center.backups.encryption import SUFFIX, Key
from hci_center.backups.errors import BackupError
from hci_center.backups.streams import (
    PIECE,
    Counted,
    HashedReader,
    Produce,
    Sink,
    copy,
    pulled,
)
from hci_center.backups.targets import MANIFEST, Target

FORMAT = "hci-backup/1"
DATABASE, ERASURES = "database.dump", "erasures.jsonl"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup as it is stored."""

    file: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Files:
    """The number of customers' files, and the pool with the copied ones."""

    pool: str
    count: int = 0
    size: int = 0
    copied: int = 0
    # New in the pool with this backup.
    new: int = 0
    # The bucket of those that were not copied.
    bucket: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    # The time of the snapshot, as ISO 8601.
    at: str
    version: str
    # The major version of PostgreSQL.
    server: int
    migrations: dict[str, list[str]]
    rows: dict[str, int]
    left_out: list[str]
    secrets: dict[str, Any]
    files: Files
    # The fingerprint of the key; "" if it is not encrypted.
    key: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    format: str = FORMAT

    def encode(self, key: Key | None) -> bytes:
        """Returns it as JSON with a seal: a digest, keyed if there is a key."""
        content = asdict(self)
        sealed = {**content, "seal": _seal(content, key)}
        return json.dumps(sealed, indent=1, ensure_ascii=False).encode()


def read_manifest(target: Target, name: str, key: Key | None) -> Manifest:
    """Returns the validated manifest of a backup.

    Raises BackupError if it is missing, was changed, or needs another key.
    """
    try:
        with target.read(f"{name}/{MANIFEST}") as file:
            content = json.loads(file.read())
    except FileNotFoundError:
        raise BackupError(
            _("There is no backup %(name)s in %(place)s.")
            % {"name": name, "place": target.place}
        ) from None
    except ValueError:
        raise BackupError(_("The manifest of %s was changed.") % name) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _unreadable(name)
    seal, its = content.pop("seal", None), content.get("key")
    if not isinstance(seal, str) or not isinstance(its, str):
        raise BackupError(_("The manifest of %s was changed.") % name)
    if its:
        _check_key(name, its, key)
    ours = _seal(content, key if its else None)
    # JSON may contain a lone surrogate, which cannot be encoded.
    if not hmac.compare_digest(seal.encode(errors="replace"), ours.encode()):
        raise BackupError(_("The manifest of %s was changed.") % name)
    try:
        return _decoded(content)
    except (TypeError, AttributeError, KeyError):
        raise _unreadable(name) from None


def _check_key(name: str, its: str, key: Key | None) -> None:
    """Raises BackupError if the backup is encrypted with another key."""
    if key is None:
        raise BackupError(_("%s is encrypted: set HCI_BACKUP_KEY.") % name)
    if its != key.fingerprint:
        raise BackupError(
            _(
                "%(name)s is encrypted with another key than HCI_BACKUP_KEY "
                "(fingerprint %(its)s, here %(ours)s)."
            )
            % {"name": name, "its": its, "ours": key.fingerprint}
        )


def _unreadable(name: str) -> BackupError:
    return BackupError(_("%s is no backup of a version that can be read here.") % name)


def _decoded(content: dict[str, Any]) -> Manifest:
    """Returns the manifest. Raises TypeError, AttributeError or KeyError."""
    parts = {part: _typed(Part(**v)) for part, v in content["parts"].items()}
    files = _typed(Files(**content["files"]))
    manifest = Manifest(**{**content, "files": files, "parts": parts})
    if not {DATABASE, ERASURES, file_lists.NAME} <= parts.keys():
        raise KeyError("parts")
    return _typed(manifest)


def _typed(made: Made) -> Made:
    """Raises TypeError if a field has a value of the wrong type."""
    for name, wanted in get_type_hints(type(made)).items():
        if not isinstance(getattr(made, name), get_origin(wanted) or wanted):
            raise TypeError(name)
    return made


def write_part(
    target: Target, backup: str, part: str, produce: Produce, key: Key | None
) -> Part:
    """Writes a part, encrypted if there is a key; returns it with its checksum."""
    file = part + (SUFFIX if key else "")
    counted = Counted()

    def counting(sink: Sink) -> None:
        counted.into(sink)
        (key.encrypting(produce) if key else produce)(counted)

    target.write(backup, file, counting)
    return Part(file, counted.size, counted.sha256)


@contextmanager
def opened(
    target: Target, manifest: Manifest, part: str, key: Key | None
) -> Iterator[IO[bytes]]:
    """Yields a decrypted part; the caller must read it to its end.

    Raises BackupError at the end if it differs from what was written.
    """
    known = manifest.parts[part]
    where = f"{manifest.name}/{known.file}"

    def produce(sink: Sink) -> None:
        try:
            source = target.read(where)
        except FileNotFoundError:
            raise BackupError(
                _("%(what)s is missing in %(place)s.")
                % {"what": where, "place": target.place}
            ) from None
        with source:
            hashed = HashedReader(source)
            try:
                if key and manifest.key:
                    key.decrypt(hashed, sink)
                else:
                    copy(hashed, sink)
            except BackupError as error:
                raise BackupError(f"{where}: {error}.") from error
            if (hashed.size, hashed.sha256) != (known.size, known.sha256):
                raise BackupError(_("%s was changed: its checksum differs.") % where)

    with pulled(produce) as reader:
        yield reader


def check_part(target: Target, manifest: Manifest, part: str, key: Key | None) -> None:
    """Raises BackupError if a part differs from what was written."""
    with opened(target, manifest, part, key) as source:
        while source.read(PIECE):
            pass


def _seal(content: dict[str, Any], key: Key | None) -> str:
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    return key.seal(canonical) if key else hashlib.sha256(canonical).hexdigest()
