"""Checks that a backup is complete, can be decrypted, and fits this installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from hci_center.backups import file_lists, secret_fingerprints
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError
from hci_center.backups.file_lists import Ascending, Listed
from hci_center.backups.manifests import Manifest, check_part, opened, read_manifest
from hci_center.backups.streams import HashedReader, Sink, Source, copy, pulled
from hci_center.backups.targets import Stored, Target

# All files of the pool, as a single part.
ALL = 1

Say = Callable[[str], None]


def check_backup(
    target: Target,
    name: str,
    key: Key | None,
    say: Say,
    *,
    part: int = 0,
    of: int = ALL,
) -> Manifest:
    """Reads a whole backup and compares all checksums; returns its manifest.

    Every file must exist; those in `part` of `of` parts are read. Raises BackupError
    with the first problem.
    """
    manifest = read_manifest(target, name, key)
    for each in manifest.parts:
        say(_("%s is being checked ...") % each)
        check_part(target, manifest, each, key)
    say(_("The files are being checked ..."))
    pooled: Ascending[Stored] = Ascending(target.pooled(manifest.files.pool))
    count = 0
    with listed_files(target, manifest, key) as lines:
        for line in lines:
            count += 1
            if line.is_copied:
                _check_file(target, manifest, line, pooled.find(line.name))
                if int(line.name[:2], 16) % of == part % of:
                    with opened_file(target, manifest, line, key) as file:
                        while file.read(2**20):
                            pass
    if count != manifest.files.count:
        raise BackupError(
            _("%(name)s lists %(count)d files of %(all)d.")
            % {"name": name, "count": count, "all": manifest.files.count}
        )
    return manifest


def check_fit(manifest: Manifest, server: int) -> None:
    """Raises BackupError if this version cannot restore it on that server."""
    if manifest.server > server:
        raise BackupError(
            _(
                "The backup is of PostgreSQL %(its)s, and this database is %(ours)s: "
                "restore it into %(its)s or newer."
            )
            % {"its": manifest.server, "ours": server}
        )
    known = MigrationLoader(None).disk_migrations
    unknown = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known and not _is_replaced(app, name, known)
    ]
    if unknown:
        raise BackupError(
            _(
                "The backup is of a newer version of this program (%(version)s), with "
                "migrations that are unknown here: %(names)s. Install that version first."
            )
            % {"version": manifest.version, "names": ", ".join(unknown[:3])}
        )


def check_secrets(manifest: Manifest) -> None:
    """Raises BackupError that names the secret that differs from the backup's."""
    if sentence := secret_fingerprints.missing(manifest.secrets):
        raise BackupError(sentence)


@contextmanager
def listed_files(
    target: Target, manifest: Manifest, key: Key | None
) -> Iterator[Iterator[Listed]]:
    """Yields the lines of the list of files; they must be read to their end."""
    with opened(target, manifest, file_lists.NAME, key) as source:
        yield file_lists.read(source)


@contextmanager
def opened_file(
    target: Target, manifest: Manifest, line: Listed, key: Key | None
) -> Iterator[Source]:
    """Yields the content of a file of the pool; it must be read to its end.

    Raises BackupError at the end if the content differs from what was copied.
    """
    where = f"{manifest.files.pool}/{line.name}"

    def produce(sink: Sink) -> None:
        with target.read(where) as source:
            if key and manifest.key:
                try:
                    key.decrypt(source, sink)
                except BackupError as error:
                    raise BackupError(f"{where}: {error}.") from error
            else:
                copy(source, sink)

    with pulled(produce) as reader:
        hashed = HashedReader(reader)
        yield hashed
    if (hashed.size, hashed.sha256) != (line.size, line.sha256):
        raise BackupError(_("%s was changed: its checksum differs.") % where)


def _check_file(
    target: Target, manifest: Manifest, line: Listed, stored: Stored | None
) -> None:
    where = f"{manifest.files.pool}/{line.name}"
    if stored is None:
        raise BackupError(
            _("%(what)s is missing in %(place)s.")
            % {"what": where, "place": target.place}
        )
    if stored.size != line.stored:
        raise BackupError(
            _("%(what)s was changed: it has %(size)d bytes.")
            % {"what": where, "size": stored.size}
        )


def _is_replaced(app: str, name: str, known: Mapping[tuple[str, str], object]) -> bool:
    """Returns whether a squashed migration replaces it."""
    return any((app, name) in getattr(one, "replaces", ()) for one in known.values())
