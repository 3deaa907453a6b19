from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from areas.provisioning.applying import provision
from areas.provisioning.schema import ProvisionError, read_file


class Command(BaseCommand):
    help = (
        "Makes or changes managers, their areas and their people as a JSON file says, "
        "all or nothing, and prints them with their ids."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.json", help="- reads standard input")

    def handle(self, *_args: Any, **options: Any) -> None:
        content = _content_of(options["file"])
        try:
            done = provision(read_file(content))
        except ProvisionError as error:
            raise CommandError(f"{error}\n" + _("Nothing was changed.")) from error
        self.stdout.write(json.dumps(done, indent=2, ensure_ascii=False))


def _content_of(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from error
