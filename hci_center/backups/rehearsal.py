"""Rehearses a restore: into a temporary database, with all checks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import psycopg
from django.db import Error, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from hci_center.backups import databases
from hci_center.backups.checking import check_backup, listed_files
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError
from hci_center.backups.file_checks import check_files
from hci_center.backups.invariants import Finding, check_database
from hci_center.backups.making import reason_of
from hci_center.backups.models import Backup
from hci_center.backups.restoring import restore_database
from hci_center.backups.targets import Target

logger = logging.getLogger(__name__)

# Every file must exist; one of this many parts is read, a different one each day.
PARTS = 30

Say = Callable[[str], None]


def rehearse(
    target: Target, backup: Backup, key: Key | None, say: Say = logger.info
) -> Backup:
    """Restores the backup to a temporary database and stores the result in its row."""
    backup.rehearsed_at = timezone.now()
    if not databases.may_create():
        backup.rehearsal = Backup.Rehearsal.IMPOSSIBLE
        backup.rehearsal_error = _(
            "The database's role may not create databases (ALTER ROLE … CREATEDB)."
        )
    else:
        try:
            error = _rehearse(target, backup.name, key, say)
        except (BackupError, OSError, Error, psycopg.Error) as failure:
            error = reason_of(failure)
        passed, failed = Backup.Rehearsal.PASSED, Backup.Rehearsal.FAILED
        backup.rehearsal = failed if error else passed
        backup.rehearsal_error = error[:500]
    backup.save()
    return backup


def _rehearse(target: Target, name: str, key: Key | None, say: Say) -> str:
    """Returns the findings as a text; "" if there are none."""
    day = timezone.now().toordinal()
    manifest = check_backup(target, name, key, say, part=day, of=PARTS)
    ours = connection.settings_dict["NAME"]
    with databases.scratch(f"{ours}_rehearsal") as scratch, databases.present(scratch):
        restore_database(target, manifest, key, say)
        say(_("The restored database is being checked ..."))
        findings = list(check_database(datetime.fromisoformat(manifest.at)))
        with listed_files(target, manifest, key) as lines:
            findings.append(check_files(lines))
    return "; ".join(sentence_of(each) for each in findings if each.is_broken)


def sentence_of(finding: Finding) -> str:
    """Returns a finding with its count and the ids of some rows."""
    named = ", ".join(finding.named)
    return f"{finding.code} {finding.words}: {finding.count} ({named})"
