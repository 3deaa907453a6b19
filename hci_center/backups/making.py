"""Makes a backup: a snapshot of the database, the files, and the erasures."""

from __future__ import annotations

import errno
import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from hci_center.backups import file_lists, postgres_programs, secret_fingerprints
from hci_center.backups.connections import connect
from hci_center.backups.copying_files import copy_files
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError, BackupUnderWayError
from hci_center.backups.expiry import expire
from hci_center.backups.manifests import (
    DATABASE,
    ERASURES,
    Files,
    Manifest,
    Part,
    write_part,
)
from hci_center.backups.models import Backup
from hci_center.backups.records import forget_old
from hci_center.backups.snapshots import snapshot
from hci_center.backups.streams import Produce, copy
from hci_center.backups.targets import Target
from hci_center.privacy import tombstones
from hci_center.privacy.models import Tombstone

logger = logging.getLogger(__name__)

# One backup at a time across all machines; the number is arbitrary.
LOCK = 0x48434942

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of a backup: its target, its key, and how many are kept."""

    target: Target
    key: Key | None
    keep: int
    # Also copies the files that are in the bucket.
    copy_bucket: bool = False
    night: date | None = None


def make_backup(wishes: Wishes, say: Say = logger.info) -> Backup:
    """Makes a backup, removes old ones beyond `keep`, and returns its row.

    It is made completely or not at all. Raises BackupError with the reason, which is
    also stored in the row.
    """
    with _exclusive():
        now = timezone.now()
        backup = Backup.objects.create(
            name=_new_name(now),
            place=wishes.target.place,
            night=wishes.night,
            began_at=now,
            is_encrypted=wishes.key is not None,
        )
        try:
            wishes.target.discard_unfinished()
            manifest = _make(wishes, backup.name, say)
        except BaseException as error:
            _fail(wishes.target, backup, error)
            if isinstance(error, OSError | psycopg.Error):
                raise BackupError(backup.error) from error
            raise
        _succeed(backup, manifest)
    _clean_up(wishes, say)
    return backup


def _new_name(now: datetime) -> str:
    """Returns the time as a name; a later one if it is already used."""
    while True:
        name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        if not Backup.objects.filter(name=name).exists():
            return name
        now += timedelta(seconds=1)


def _make(wishes: Wishes, name: str, say: Say) -> Manifest:
    parts: dict[str, Part] = {}

    def write(part: str, produce: Produce) -> None:
        parts[part] = write_part(wishes.target, name, part, produce, wishes.key)

    with snapshot() as moment:
        say(_("The database is being dumped ..."))
        left_out = moment.left_out()
        write(DATABASE, postgres_programs.dumping(moment.id, left_out))
        at, rows, migrations = moment.at, moment.rows(), moment.migrations()
    erasures = _erasures()
    write(ERASURES, lambda file: file.write(erasures))
    # After the dump, so that each row has its file, unless it was deleted meanwhile.
    say(_("The files are being copied ..."))
    with tempfile.TemporaryFile() as listed:
        files = copy_files(wishes.target, wishes.key, listed, wishes.copy_bucket)
        listed.seek(0)
        write(file_lists.NAME, lambda file: copy(listed, file))
    manifest = Manifest(
        name=name,
        at=at.isoformat(),
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        server=postgres_programs.server_version(),
        migrations=migrations,
        rows=rows,
        left_out=left_out,
        secrets=secret_fingerprints.fingerprints(),
        files=files,
        key=wishes.key.fingerprint if wishes.key else "",
        parts=parts,
    )
    wishes.target.publish(name, manifest.encode(wishes.key))
    return manifest


def _erasures() -> bytes:
    """Returns the tombstones of the file and of the database."""
    known = {each.pk: each for each in Tombstone.objects.all()}
    united = {**known, **tombstones.read()}
    return tombstones.encode(sorted(united.values(), key=lambda each: each.at))


def _succeed(backup: Backup, manifest: Manifest) -> None:
    files: Files = manifest.files
    backup.ended_at = timezone.now()
    backup.size = manifest.parts[DATABASE].size
    backup.files, backup.new_files = files.count, files.new
    backup.save()


def _fail(target: Target, backup: Backup, error: BaseException) -> None:
    """Removes what was written, and stores the reason if possible."""
    backup.ended_at, backup.error = timezone.now(), reason_of(error)[:500]
    try:
        target.discard_unfinished()
    except OSError as other:
        logger.warning("%s could not be cleared: %s", target.place, other)
    try:
        connection.close_if_unusable_or_obsolete()
        backup.save()
    except Exception as other:  # noqa: BLE001 - the first error is the one to raise
        logger.warning("The failed backup could not be recorded: %s", type(other))


def reason_of(error: BaseException) -> str:
    """Returns a sentence for users, without values of rows."""
    if isinstance(error, BackupError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("There is no room left: %s") % error
    if isinstance(error, OSError):
        return _("A file or the bucket failed: %s") % error
    if isinstance(error, psycopg.Error):
        return _("The database failed: %s") % type(error).__name__
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return _("It was stopped.")
    return _("An error of this program: %s") % type(error).__name__


def _clean_up(wishes: Wishes, say: Say) -> None:
    """Removes old backups; a failure does not affect the new one."""
    forget_old()
    try:
        removed = expire(wishes.target, wishes.key, wishes.keep)
    except (OSError, BackupError) as error:
        logger.error("Old backups could not be removed: %s", error)
        return
    if removed:
        say(
            _("Removed, because %(keep)d are kept: %(names)s")
            % {"keep": wishes.keep, "names": ", ".join(removed)}
        )


@contextmanager
def _exclusive() -> Iterator[None]:
    """Raises BackupUnderWayError if a backup is in progress on any machine."""
    with connect(autocommit=True) as database:
        row = database.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if row is None or not row[0]:
            raise BackupUnderWayError(_("A backup is being made already."))
        yield


def key_of_settings() -> Key | None:
    """Returns the key of HCI_BACKUP_KEY, None without one. Raises BackupError."""
    return Key(settings.BACKUP_KEY) if settings.BACKUP_KEY else None
