"""`manage.py dossier NUMBER_OR_ID`: exports all data about a person to a zip."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hci_center.audit.recording import record
from hci_center.callers import Caller
from hci_center.privacy.dossier import write_dossier
from hci_center.privacy.models import Request
from hci_center.privacy.persons import find_contacts
from hci_center.privacy.requests import make_request

CREDENTIAL = "command:dossier"


class Command(BaseCommand):
    help = "Writes what is held of a person into dossie-….zip in this folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="a number, an id or a protocol")

    def handle(self, *_args: Any, **options: Any) -> None:
        contacts = find_contacts(
            Caller("administrator", CREDENTIAL, None), options["number"]
        )
        if not contacts:
            raise CommandError("Nothing is held of this person.")
        request = make_request(
            Request.Kind.DOSSIER,
            contacts,
            asked_by=Request.AskedBy.PERSON,
            identified=Request.Identified.NONE,
            why=Request.Why.RIGHT,
            made_by=CREDENTIAL,
            is_made_now=True,
        )
        target = Path(f"dossie-{request.code.partition('-')[2]}.zip")
        descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            manifest = write_dossier(request, file)
        request.state, request.done_at = Request.State.DONE, timezone.now()
        request.result = {"totals": manifest["totals"], "hmac": manifest["hmac"]}
        request.save(update_fields=["state", "done_at", "result"])
        for contact in contacts:
            record(
                "make",
                "dossier",
                request.code,
                manager_id=contact.manager_id,
                after=manifest["totals"],
                credential=CREDENTIAL,
            )
        self.stdout.write(str(target))
