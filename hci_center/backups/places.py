"""Opens the configured target of backups."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.targets import MANIFEST, Target

LATEST = "latest"


def open_target(path: Path | None = None) -> Target:
    """Returns the configured target, or the folder. Raises BackupError."""
    if path is None and settings.BACKUP_S3_BUCKET:
        try:
            from hci_center.backups.bucket import Bucket
        except ModuleNotFoundError as error:
            raise BackupError(
                _("A bucket needs %s: pip install -r requirements-s3.txt") % error.name
            ) from error
        return Bucket()
    return Folder(path or settings.BACKUP_DIR)


def locate(named: str) -> tuple[Target, str]:
    """Returns the target and name of a backup.

    `named` is its name in the configured target, "latest", or the path of its folder.
    Raises BackupError.
    """
    path = Path(named)
    if (path / MANIFEST).is_file():
        path = path.resolve()
        return Folder(path.parent), path.name
    target = open_target()
    if named != LATEST:
        return target, named
    if not (names := target.names()):
        raise BackupError(_("There is no backup in %s.") % target.place)
    return target, names[-1]
