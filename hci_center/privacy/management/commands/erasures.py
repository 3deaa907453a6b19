"""`manage.py erasures apply`: repeats erasures after a backup was restored."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hci_center.privacy.restoring import apply, apply_if_restored
from hci_center.privacy.tombstones import UnreadableTombstonesError


class Command(BaseCommand):
    help = "Erases again the persons that a restored backup has brought back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["apply"])
        parser.add_argument(
            "file",
            nargs="?",
            help="an erasures.jsonl, besides that of HCI_DATA_DIR and the database's own",
        )
        parser.add_argument(
            "--if-restored",
            action="store_true",
            help="do nothing if the database knows every erasure of the file",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        source = Path(options["file"]) if options["file"] else None
        if source is not None and not source.is_file():
            raise CommandError(f"There is no file {source}.")
        try:
            if options["if_restored"] and source is None:
                erased = apply_if_restored()
            else:
                erased = apply(source)
        except UnreadableTombstonesError as error:
            raise CommandError(f"{error} is no line of an erasures.jsonl.") from error
        if erased or not options["if_restored"]:
            self.stdout.write(f"Contacts erased again: {erased}")
