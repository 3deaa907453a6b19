"""The age of the latest backup, as a tile of the wall."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from hci_center.backups.models import Backup
from hci_center.backups.records import Latest, latest
from hci_center.callers import Caller
from hci_center.reports.wall.tiles import Tile


def backup_tile(caller: Caller) -> Tile | None:
    """Returns the tile, for administrators only: a backup contains all managers."""
    if caller.role != "administrator":
        return None
    known = latest()
    return Tile(
        "backup",
        _("Since the latest backup"),
        int(known.at is not None),
        reverse("admin:backups_backup_changelist"),
        known.at,
        is_warning=_warns(known),
        shows_age=True,
        note=_note(known),
    )


def _warns(known: Latest) -> bool:
    # Without any backup here, they may be made by other means.
    return not known.is_good and (known.at is not None or known.is_scheduled)


def _note(known: Latest) -> str:
    if known.error:
        return _("the latest attempt failed")
    if known.is_late:
        return _("one is missing")
    notes = {
        Backup.Rehearsal.PASSED: _("restoring it was rehearsed"),
        Backup.Rehearsal.FAILED: _("the rehearsal of restoring it failed"),
        Backup.Rehearsal.IMPOSSIBLE: _("restoring it could not be rehearsed"),
    }
    return notes.get(Backup.Rehearsal(known.rehearsal), "") if known.at else ""
