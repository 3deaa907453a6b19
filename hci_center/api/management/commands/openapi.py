"""Writes or checks `docs/openapi.yaml`, generated from the viewsets."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hci_center.api.schema.document import (
    NotADocumentError,
    committed_path,
    made_from_code,
)


class Command(BaseCommand):
    help = "Writes docs/openapi.yaml, or with --check says how it differs (exit 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            generated = made_from_code()
        except NotADocumentError as error:
            raise CommandError(str(error)) from error
        path = committed_path()
        if not options["check"]:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(generated)
            return
        committed = path.read_bytes() if path.exists() else b""
        if committed != generated:
            old, new = committed.decode().splitlines(), generated.decode().splitlines()
            for line in unified_diff(old, new, "committed", "code", lineterm=""):
                self.stdout.write(line)
            raise CommandError("docs/openapi.yaml is old: run manage.py openapi")
