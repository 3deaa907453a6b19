from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from managers.keys import (
    MOST_CALLS,
    AddressTakenError,
    KeyNameTakenError,
    bind_address,
    create_key,
)
from managers.lookup import named_manager
from managers.models import Manager
from managers.networks import WrongNetworkError, parse_networks

LONGEST_NAME = 200
MOST_DAYS = 36_500
NO_KEY = "Its address alone stands for it now: there is no key to print."


def _name(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_NAME or "\x00" in text:
        raise ArgumentTypeError(f"a name has 1 to {LONGEST_NAME} characters")
    return text


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_DAYS:
        raise ArgumentTypeError(f"days are a number from 1 to {MOST_DAYS}")
    return int(text)


def _calls(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= MOST_CALLS:
        raise ArgumentTypeError(f"calls a minute are a number from 1 to {MOST_CALLS}")
    return int(text)


def _networks(text: str) -> tuple[str, ...]:
    try:
        return parse_networks(text)
    except WrongNetworkError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(BaseCommand):
    help = "Creates an API key and prints it. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", type=_name, help="what the key is called in lists")
        parser.add_argument(
            "--manager",
            nargs="+",
            action="extend",
            metavar="NUMBER_OR_PAGE",
            help="a manager that the key reaches; without any it reaches all",
        )
        parser.add_argument(
            "--no-secrets",
            dest="secrets",
            action="store_false",
            help="answers to this key carry no page tokens",
        )
        parser.add_argument("--expires", type=_days, metavar="DAYS")
        parser.add_argument(
            "--per-minute",
            type=_calls,
            metavar="CALLS",
            help="calls a minute over all processes; without it there is no limit",
        )
        self._add_client_arguments(parser)

    def _add_client_arguments(self, parser: CommandParser) -> None:
        """Adds where the client calls from, and how if it cannot set headers."""
        parser.add_argument(
            "--network",
            nargs="+",
            action="extend",
            type=_networks,
            default=[],
            metavar="CIDR",
            help="the key is refused from elsewhere; without any it works everywhere",
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--in-path",
            action="store_true",
            help="it may stand in /k/<key>/api/…; needs --network",
        )
        how.add_argument(
            "--by-address",
            action="store_true",
            help="no key at all: whoever calls from --network is this integration",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        days = options["expires"]
        named = options["manager"]
        networks = [each for several in options["network"] for each in several]
        if not networks and (options["in_path"] or options["by_address"]):
            raise CommandError("Name the networks of the client with --network.")
        common = {
            "managers": None if named is None else [_manager(text) for text in named],
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
            "per_minute": options["per_minute"],
        }
        try:
            self.stdout.write(_make(options, networks, common) or NO_KEY)
        except KeyNameTakenError as error:
            raise CommandError(
                f"A live key is already called {error}; choose another name."
            ) from error
        except AddressTakenError as error:
            raise CommandError(
                f"{error} is already recognised by such an address."
            ) from error


def _make(
    options: dict[str, Any], networks: list[str], common: dict[str, Any]
) -> str | None:
    """Returns the key, or None for an integration without one."""
    if options["by_address"]:
        bind_address(options["name"], networks, **common)
        return None
    return create_key(
        options["name"],
        secrets_scope=options["secrets"],
        networks=networks,
        in_path=options["in_path"],
        **common,
    )


def _manager(text: str) -> Manager:
    try:
        return named_manager(text)
    except Manager.DoesNotExist as error:
        raise CommandError(f"There is no manager {text}.") from error
    except Manager.MultipleObjectsReturned as error:
        raise CommandError(
            f"{text} is one manager's number and another's page; name it otherwise."
        ) from error
