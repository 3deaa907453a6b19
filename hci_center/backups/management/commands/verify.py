"""`manage.py verify`: checks the database and its files, or a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hci_center.backups import stored_files
from hci_center.backups.checking import check_backup
from hci_center.backups.errors import BackupError
from hci_center.backups.file_checks import check_files
from hci_center.backups.invariants import Finding, check_database
from hci_center.backups.making import key_of_settings
from hci_center.backups.places import locate
from hci_center.backups.wording import add_language, grouped
from hci_center.local.database_for_commands import running_database
from hci_center.local.errors import CannotStartError


class Command(BaseCommand):
    help = "Checks what must hold in the database and its files, or a whole backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "backup",
            nargs="?",
            help='a backup\'s name, the path of its folder, or "latest"',
        )
        add_language(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with translation.override(options["language"]):
                # An empty name, of a variable that is not set, is not the database.
                if options["backup"] is not None:
                    self._backup(options["backup"])
                else:
                    with running_database(self.stderr.write):
                        self._database()
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error

    def _backup(self, named: str) -> None:
        target, name = locate(named)
        manifest = check_backup(target, name, key_of_settings(), self.stdout.write)
        self.stdout.write(
            _(
                "%(name)s is whole: %(rows)s rows of %(tables)s tables and %(files)s "
                "files, as of %(at)s."
            )
            % {
                "name": name,
                "rows": grouped(sum(manifest.rows.values())),
                "tables": len(manifest.rows),
                "files": grouped(manifest.files.count),
                "at": manifest.at,
            }
        )

    def _database(self) -> None:
        broken = 0
        for finding in check_database(timezone.now()):
            broken += self._print_finding(finding)
        broken += self._print_finding(check_files(stored_files.walk()))
        if broken:
            raise CommandError(_("Checks that failed: %d.") % broken)
        self.stdout.write(_("All checks passed."))

    def _print_finding(self, finding: Finding) -> bool:
        state = _("ok")
        if finding.count:
            verdict = _("look") if finding.is_note else _("FAILED")
            state = f"{verdict}: {finding.count}"
            state += f" ({', '.join(finding.named)})"
        self.stdout.write(f"{finding.code}  {finding.words}: {state}")
        return finding.is_broken
