from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from managers.keys import revoke_key


class Command(BaseCommand):
    help = (
        "Revokes the API key of that name; every process refuses it within 5 seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["name"]
        if not revoke_key(name):
            raise CommandError(f"There is no live key called {name}.")
        self.stdout.write(f"The key {name} is revoked.")
