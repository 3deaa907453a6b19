from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chats.accounts.registry import UNSIGNED, renewed_webhook_path
from managers.lookup import named_manager
from managers.models import Manager


class Command(BaseCommand):
    help = (
        "Gives a manager's gateway another webhook address and prints it; the one "
        "before goes on for 24 hours, so that nothing is lost until the gateway has it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("manager", metavar="NUMBER_OR_PAGE")
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="ends the address before now, as after a leak",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        name = options["manager"]
        try:
            manager = named_manager(name)
        except Manager.DoesNotExist as error:
            raise CommandError(f"There is no manager {name}.") from error
        except Manager.MultipleObjectsReturned as error:
            raise CommandError(
                f"{name} is one manager's number and another's page; name it otherwise."
            ) from error
        if manager.gateway not in UNSIGNED:
            raise CommandError(
                f"{manager} has no webhook address of its own: its gateway is "
                f"{manager.gateway}."
            )
        path = renewed_webhook_path(
            manager.gateway, manager.pk, at_once=options["at_once"]
        )
        self.stdout.write(f"{settings.PUBLIC_URL}{path}")
