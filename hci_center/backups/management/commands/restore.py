"""`manage.py restore`: restores a backup into an empty database, or in place of one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from hci_center.backups.errors import BackupError
from hci_center.backups.making import key_of_settings
from hci_center.backups.places import locate
from hci_center.backups.rehearsal import sentence_of
from hci_center.backups.restoring import Choices, restore_backup
from hci_center.backups.wording import add_language
from hci_center.local.database_for_commands import running_database
from hci_center.local.errors import CannotStartError


class Command(BaseCommand):
    help = "Restores a backup, after it has been checked completely."
    # System checks would need tables.
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
        add_language(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        choices = Choices(
            options["replace"], options["send_waiting"], options["secrets_are_lost"]
        )
        try:
            with translation.override(options["language"]):
                self._restore(choices, options)
        except (BackupError, CannotStartError, OSError) as error:
            raise CommandError(str(error)) from error

    def _restore(self, choices: Choices, options: dict[str, Any]) -> None:
        target, name = locate(options["backup"])
        with running_database(self.stderr.write, is_restored=True):
            if choices.replace and not options["yes"]:
                self._confirm(name)
            findings = restore_backup(
                target, name, key_of_settings(), choices, self.stdout.write
            )
        for finding in findings:
            if finding.count:
                self.stdout.write(sentence_of(finding))
        if any(finding.is_broken for finding in findings):
            raise CommandError(
                _("%s was restored, and the checks found the above.") % name
            )
        self.stdout.write(_("%s was restored, and all checks passed.") % name)

    def _confirm(self, name: str) -> None:
        database = connection.settings_dict["NAME"]
        question = _(
            "Everything in the database %(database)s is replaced by %(name)s. "
            "Type %(database)s to go on: "
        )
        try:
            typed = input(question % {"database": database, "name": name})
        except EOFError:
            raise CommandError(
                _("Nobody can be asked here: --yes replaces it without asking.")
            ) from None
        if typed != database:
            raise CommandError(_("Nothing was changed."))
