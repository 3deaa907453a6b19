"""`manage.py restore`: restores a backup into an empty database, or in place of one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import translation

from hci_center.backups.errors import BackupError
from hci_center.backups.making import key_of_settings
from hci_center.backups.places import locate
from hci_center.backups.rehearsal import sentence_of
from hci_center.backups.restoring import Choices, restore_backup
from hci_center.local.database_for_commands import running_database
from hci_center.local.errors import CannotStartError


class Command(BaseCommand):
    help = "Restores a backup, after it has been checked completely."
    # They would need tables.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "backup", help='its name, the path of its folder, or "latest"'
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="remove what is in the database now (asks)",
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--send-waiting",
            action="store_true",
            help="send the messages that waited, which the old installation may have sent",
        )
        parser.add_argument(
            "--secrets-are-lost",
            action="store_true",
            help="go on with other secrets: keys and page tokens must be given anew",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        choices = Choices(
            options["replace"], options["send_waiting"], options["secrets_are_lost"]
        )
        try:
            # As all commands, whatever the language of the installation.
            translation.activate("en")
            target, name = locate(options["backup"])
            with running_database(self.stderr.write, is_restored=True):
                if choices.replace and not options["yes"]:
                    self._confirm(name)
                findings = restore_backup(
                    target, name, key_of_settings(), choices, self.stdout.write
                )
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error
        for finding in findings:
            if finding.count:
                self.stdout.write(sentence_of(finding))
        if any(finding.is_broken for finding in findings):
            raise CommandError(f"{name} was restored, and the checks found the above.")
        self.stdout.write(f"{name} was restored, and all checks passed.")

    def _confirm(self, name: str) -> None:
        database = connection.settings_dict["NAME"]
        typed = input(
            f"Everything in the database {database} is replaced by {name}. "
            f"Type {database} to go on: "
        )
        if typed != database:
            raise CommandError("Nothing was changed.")
