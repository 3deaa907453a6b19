"""Restores a backup: the database and the files, and repeats erasures."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import ProgrammingError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.files.unfinished import UNFINISHED
from hci_center.audit.recording import record
from hci_center.backups import databases, postgres_programs, stored_files
from hci_center.backups.after_restore import hold_outgoing, reset_transient_state
from hci_center.backups.checking import (
    check_backup,
    check_fit,
    check_secrets,
    listed_files,
    opened_file,
)
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError
from hci_center.backups.file_checks import check_files
from hci_center.backups.file_lists import Ascending, Listed
from hci_center.backups.invariants import Finding, check_database
from hci_center.backups.manifests import (
    DATABASE,
    ERASURES,
    Manifest,
    opened,
    read_manifest,
)
from hci_center.backups.snapshots import count_rows
from hci_center.backups.streams import copy
from hci_center.backups.targets import Target
from hci_center.local import bootstrap, progress
from hci_center.local.secret_check import renew_token_proof, take_secret_key
from hci_center.privacy import restoring as erasing_again

logger = logging.getLogger(__name__)

CREDENTIAL = "command:restore"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a restore.

    `replace`: the current contents of the database are removed. `send_waiting`: queued
    messages are sent; otherwise they are marked as failed, because the old installation
    may have sent them. `secrets_are_lost`: continues with different secrets.
    """

    replace: bool = False
    send_waiting: bool = False
    secrets_are_lost: bool = False


def restore_backup(
    target: Target, name: str, key: Key | None, choices: Choices, say: Say
) -> list[Finding]:
    """Restores a backup and returns the findings of the checks.

    Nothing is changed before the whole backup has been checked. With `replace`, the
    current database is kept until the restored one is complete. Raises BackupError.
    """
    manifest = check_backup(target, name, key, say)
    check_fit(manifest, postgres_programs.server_version())
    if not choices.secrets_are_lost:
        check_secrets(manifest)
    if others := databases.others_connected():
        raise BackupError(
            _(
                "%d other connections use the database: stop web, feed, relay and "
                "worker first."
            )
            % others
        )
    restored = _Restored(target, manifest, key, choices, say)
    if databases.is_empty():
        _comment(progress.RESTORING)
        findings = restored.make()
    elif not choices.replace:
        raise BackupError(
            _(
                "The database is not empty: --replace removes what is in it, or set "
                "DATABASE_URL or HCI_DATA_DIR to a new one."
            )
        )
    else:
        findings = _replace(restored)
    _comment(progress.DONE)
    return findings


def _replace(restored: _Restored) -> list[Finding]:
    """Restores to a second database, and then swaps the two."""
    ours = connection.settings_dict["NAME"]
    beside, aside = f"{ours}_restored", f"{ours}_replaced"
    databases.create(beside)
    try:
        with databases.present(beside):
            findings = restored.make()
        databases.drop(aside)
        databases.swap_databases(beside, aside)
    except BaseException:
        databases.drop(beside)
        raise
    databases.drop(aside)
    return findings


@dataclass(frozen=True, slots=True)
class _Restored:
    """The restore of a backup into the current database, which is empty."""

    target: Target
    manifest: Manifest
    key: Key | None
    choices: Choices
    say: Say

    def make(self) -> list[Finding]:
        restore_database(self.target, self.manifest, self.key, self.say)
        bootstrap.migrate(
            lambda _text: self.say(_("The tables are being brought up to date ..."))
        )
        if self.choices.secrets_are_lost:
            take_secret_key()
            renew_token_proof()
        self.say(_("The files are being put back ..."))
        restore_files(self.target, self.manifest, self.key, self.say)
        self._reset_state()
        erased = self._repeat_erasures()
        self.say(_("Persons erased again: %d") % erased)
        record(
            "restore",
            "backup",
            self.manifest.name,
            after={"at": self.manifest.at, "erased": erased},
            credential=CREDENTIAL,
        )
        self.say(_("The result is being checked ..."))
        return [*check_database(timezone.now()), check_files(stored_files.walk())]

    def _reset_state(self) -> None:
        """Resets the state that must not continue from the time of the backup."""
        with transaction.atomic():
            reset_transient_state()
        if not self.choices.send_waiting:
            held = hold_outgoing()
            if held:
                self.say(
                    _(
                        "Messages that waited to be sent, now shown as failed: %d "
                        "(--send-waiting sends them)"
                    )
                    % held
                )

    def _repeat_erasures(self) -> int:
        """Erases persons with a tombstone in this backup, the latest, or our file."""
        erased = erasing_again.apply()
        newest = self.target.names()[-1:]
        for name in {self.manifest.name, *newest}:
            manifest = self.manifest
            if name != manifest.name:
                try:
                    manifest = read_manifest(self.target, name, self.key)
                except BackupError as error:
                    self.say(
                        _("The erasures of a newer backup are not known: %s") % error
                    )
                    continue
            with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
                with opened(self.target, manifest, ERASURES, self.key) as source:
                    copy(source, file)
                file.flush()
                erased += erasing_again.apply(Path(file.name))
        return erased


def restore_database(
    target: Target, manifest: Manifest, key: Key | None, say: Say
) -> None:
    """Restores the dump into the current database, which is empty.

    Raises BackupError if it fails, or if the number of rows of a table differs.
    """
    say(_("The database is being restored ..."))
    connection.close()
    with (
        opened(target, manifest, DATABASE, key) as dump,
        postgres_programs.restoring() as program,
    ):
        copy(dump, program)
    connection.ensure_connection()
    counts = count_rows(connection.connection)
    for table, rows in manifest.rows.items():
        if counts.get(table) != rows:
            raise BackupError(
                _("%(table)s has %(now)s rows after the restore, and had %(before)s.")
                % {"table": table, "now": counts.get(table), "before": rows}
            )
    # Without ANALYZE, the checks and the first hours would run with bad query plans.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def restore_files(
    target: Target, manifest: Manifest, key: Key | None, say: Say
) -> None:
    """Restores the copied files, and checks that files in the bucket exist.

    Existing files are skipped: files never change. Raises BackupError, OSError.
    """
    in_bucket = Ascending(stored_files.in_bucket())
    put = missing = 0
    with listed_files(target, manifest, key) as lines:
        for line in lines:
            if in_bucket.find(line.name) is not None:
                continue
            if line.is_copied:
                put += _restore_file(target, manifest, line, key)
            else:
                missing += 1
    say(
        _("Files put back: %(put)d of %(all)d")
        % {"put": put, "all": manifest.files.count}
    )
    if missing:
        say(
            _(
                "Files that are not in the bucket any more: %(count)d (the backup has "
                "only their names in %(bucket)s)"
            )
            % {"count": missing, "bucket": manifest.files.bucket}
        )


def _restore_file(
    target: Target, manifest: Manifest, line: Listed, key: Key | None
) -> bool:
    path = stored_files.path_of(line.name)
    if path.exists() and path.stat().st_size == line.size:
        return False
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{UNFINISHED}{path.name}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            opened_file(target, manifest, line, key) as source,
        ):
            copy(source, file)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _comment(text: str) -> None:
    # The database may belong to another role: then the next start shows no notice.
    with contextlib.suppress(ProgrammingError):
        progress.store_progress(text)
