"""`manage.py backup`: makes a backup of the database and the files."""

from __future__ import annotations

import os
import signal
import sys
import threading
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hci_center.backups.encryption import Key, new_key
from hci_center.backups.errors import BackupError, BackupUnderWayError
from hci_center.backups.making import Wishes, key_of_settings, make_backup
from hci_center.backups.models import Backup
from hci_center.backups.nightly import due_night
from hci_center.backups.places import open_target
from hci_center.backups.rehearsal import rehearse
from hci_center.backups.targets import Target
from hci_center.backups.wording import add_language, grouped
from hci_center.local.database_for_commands import running_database
from hci_center.local.errors import CannotStartError

MOST_KEPT = 10_000


def _kept(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_KEPT):
        raise ArgumentTypeError(f"a number from 1 to {MOST_KEPT}")
    return int(text)


class Command(BaseCommand):
    help = "Makes a backup of the database and the files, without logins and secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="a folder instead of the settings'")
        parser.add_argument(
            "--keep", type=_kept, metavar="N", help="how many backups are kept"
        )
        parser.add_argument(
            "--copy-bucket",
            action="store_true",
            help="also copy the files that are in HCI_S3_BUCKET",
        )
        parser.add_argument(
            "--rehearse", action="store_true", help="restore it on trial afterwards"
        )
        parser.add_argument(
            "--new-key", action="store_true", help="print a key for HCI_BACKUP_KEY"
        )
        parser.add_argument("--list", action="store_true", help="name the backups")
        parser.add_argument("--nightly", action="store_true", help="for the worker")
        add_language(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["new_key"]:
            self.stdout.write(new_key())
            return
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        if options["nightly"]:
            os.nice(10)
            threading.Thread(target=_end_with_parent, daemon=True).start()
        try:
            with translation.override(options["language"]):
                target = open_target(options["to"])
                if options["list"]:
                    self.stdout.write("\n".join(target.names()))
                    return
                with running_database(self.stderr.write):
                    self._make(target, options)
        except BackupUnderWayError as error:
            # Another worker that started at the same time makes it.
            if not options["nightly"]:
                raise CommandError(str(error)) from error
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error

    def _make(self, target: Target, options: dict[str, Any]) -> None:
        night = due_night(timezone.now()) if options["nightly"] else None
        if options["nightly"] and night is None:
            # Another worker has made it since this one found it due.
            return
        key = key_of_settings()
        wishes = Wishes(
            target,
            key,
            options["keep"] or settings.BACKUP_KEEP,
            options["copy_bucket"] or settings.BACKUP_COPY_BUCKET,
            night,
        )
        backup = make_backup(wishes, self.stdout.write)
        self.stdout.write(
            _(
                "%(name)s is in %(place)s: a dump of %(size)s bytes, %(files)s files "
                "(%(new)s new)"
            )
            % {
                "name": backup.name,
                "place": backup.place,
                "size": grouped(backup.size),
                "files": grouped(backup.files),
                "new": grouped(backup.new_files),
            }
        )
        if key is None:
            self.stdout.write(_("It is not encrypted: HCI_BACKUP_KEY is not set."))
        if options["rehearse"] or options["nightly"]:
            self._rehearse(target, backup, key, is_asked=options["rehearse"])

    def _rehearse(
        self, target: Target, backup: Backup, key: Key | None, *, is_asked: bool
    ) -> None:
        rehearse(target, backup, key, self.stdout.write)
        if backup.rehearsal == Backup.Rehearsal.PASSED:
            self.stdout.write(_("Restoring it was rehearsed, and all checks passed."))
        # A role without the privilege is not a fault of this night.
        elif is_asked or backup.rehearsal == Backup.Rehearsal.FAILED:
            raise CommandError(_("Not rehearsed: %s") % backup.rehearsal_error)


def _end_with_parent() -> None:
    """Stops this process when the worker that started it has died."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
