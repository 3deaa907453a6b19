"""Checks whether a backup could be made: its target, and PostgreSQL's programs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from hci_center.backups.errors import BackupError
from hci_center.backups.models import Backup
from hci_center.backups.places import open_target
from hci_center.backups.postgres_programs import find_program
from hci_center.doctor.database import rows
from hci_center.doctor.findings import Finding, error, ok, warning

PROGRAMS = ("pg_dump", "pg_restore")
# The name of a test object in the bucket; no backup or pool has such a name.
_PROBE = (".probe", "doctor")


def place() -> Iterator[Finding]:
    """The folder or bucket of backups and the programs, if backups are configured."""
    if not _is_asked_for():
        return
    found = [*_programs(), *(_bucket() if settings.BACKUP_S3_BUCKET else _folder())]
    yield from found or [ok(_("Backups can be made."))]


def _is_asked_for() -> bool:
    return settings.BACKUP_AT is not None or bool(
        settings.BACKUP_S3_BUCKET or os.environ.get("HCI_BACKUP_DIR")
    )


def _programs() -> Iterator[Finding]:
    for name in PROGRAMS:
        try:
            find_program(name)
        except BackupError as lack:
            yield error(str(lack), _("Without it no backup is made or tried."))


def _folder() -> Iterator[Finding]:
    try:
        folder = _nearest(settings.BACKUP_DIR)
        # The first backup creates the folder; until then its parent is checked.
        with tempfile.TemporaryFile(dir=folder, prefix=".probe-") as probe:
            probe.write(b"0" * 4096)
            probe.flush()
        free = shutil.disk_usage(folder).free
    except OSError as failure:
        yield error(
            _("No backup can be written to %(place)s (%(why)s).")
            % {"place": settings.BACKUP_DIR, "why": failure.strerror},
            _("Give the server's user the right to, or see HCI_BACKUP_DIR."),
        )
        return
    last = _size_of_last()
    wanted = _size_of_database() if last is None else last
    if free < wanted:
        # A dump is smaller than its database, but the ratio is unknown before a backup.
        make = warning if last is None else error
        yield make(
            _(
                "%(place)s: %(free).1f GiB are free for a backup of about %(size).1f GiB."
            )
            % {
                "place": settings.BACKUP_DIR,
                "free": free / 2**30,
                "size": wanted / 2**30,
            },
            _("Free room, lower HCI_BACKUP_KEEP, or see HCI_BACKUP_DIR."),
        )


def _nearest(path: Path) -> Path:
    """Returns the folder, or its nearest existing parent."""
    return path if path.exists() or path.parent == path else _nearest(path.parent)


def _size_of_last() -> int | None:
    last = Backup.objects.filter(ended_at__isnull=False, error="").order_by("-began_at")
    return last.values_list("size", flat=True).first()


def _size_of_database() -> int:
    [(size,)] = rows("SELECT pg_database_size(current_database())")
    return int(size)


def _bucket() -> Iterator[Finding]:
    try:
        target = open_target()
        target.names()
        target.write_pooled(*_PROBE, lambda file: file.write(b"0"))
        target.remove_pooled(*_PROBE)
    except BackupError as lack:
        yield error(str(lack), "")
    except Exception as failure:  # noqa: BLE001 - the client of S3 raises any
        yield error(
            _("No backup can be written to the bucket %(name)s: %(why)s")
            % {"name": settings.BACKUP_S3_BUCKET, "why": failure},
            _("See HCI_BACKUP_S3_BUCKET, its endpoint and its keys."),
        )
