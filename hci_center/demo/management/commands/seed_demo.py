"""Fills the database with demonstration data, small to try or large for benchmarks."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from areas.provisioning.applying import provision
from hci_center.demo.rules import rules_of_company
from hci_center.demo.seed.loading import Size, seed


class Command(BaseCommand):
    help = (
        "Adds demonstration managers with areas, operators, contacts, chats and "
        "messages. What is there stays; repeated, it adds more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--managers", type=int, default=2)
        parser.add_argument("--contacts", type=int, default=300, help="of all managers")
        parser.add_argument(
            "--messages", type=int, default=6000, help="of all contacts"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--rules",
            action="store_true",
            help="with hours, a menu, assignment, surveys, quick replies and tags",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        size = Size(options["managers"], options["contacts"], options["messages"])
        if size.managers < 1 or size.contacts < 0 or size.messages < 0:
            raise CommandError("At least one manager, and no amount below zero.")
        if size.messages and not size.contacts:
            raise CommandError("Messages need contacts.")
        with tqdm(
            total=size.messages,
            unit=" messages",
            unit_scale=True,
            disable=options["verbosity"] == 0,
            file=sys.stderr,
        ) as bar:
            managers = seed(
                size, seed=options["seed"], now=timezone.now(), progress=bar.update
            )
        if options["rules"]:
            provision(
                [rules_of_company(each, timezone.localdate()) for each in managers]
            )
        for manager in managers:
            self.stdout.write(f"{manager.number or manager.facebook_id} {manager.name}")
