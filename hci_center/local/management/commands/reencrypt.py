from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hci_center.local.reencryption import reencrypt
from hci_center.local.secret_check import check_secrets, renew_token_proof

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Encrypts every encrypted value with the first key of HCI_TOKEN_KEYS, so that "
        "the other keys can be removed. Runs beside the server; if interrupted, it "
        "continues where it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--clear-unreadable",
            action="store_true",
            help="empties values that no key can decrypt, because their key is lost",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        clear = options["clear_unreadable"]
        if not settings.TOKEN_KEYS:
            raise CommandError("HCI_TOKEN_KEYS is not set.")
        if not clear:
            check_secrets(self.stderr.write)
        outcome = reencrypt(self.stdout.write, clear_unreadable=clear)
        if outcome.cleared:
            self.stdout.write(f"{outcome.cleared} unreadable values were cleared.")
        for place in outcome.unreadable[:SHOWN]:
            self.stderr.write(f"No key in HCI_TOKEN_KEYS reads {place}.")
        if not outcome.is_complete:
            raise CommandError(
                f"{len(outcome.unreadable)} values could not be read and "
                f"{outcome.held} were held by others: keep all keys, and run it again."
            )
        renew_token_proof()
        self.stdout.write(
            "All is encrypted with the first of HCI_TOKEN_KEYS: the others can go."
        )
