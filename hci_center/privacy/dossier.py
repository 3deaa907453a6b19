"""Builds dossiers: a readable zip of all data about a person."""

from __future__ import annotations

import json
import re
import secrets
import tempfile
from datetime import timedelta, tzinfo
from functools import partial
from typing import IO, Any
from zoneinfo import ZoneInfo

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from chats.gateways.file_names import named_as
from contacts.models import Contact
from hci_center.audit.recording import record
from hci_center.background import faults
from hci_center.privacy import dossier_rows
from hci_center.privacy.dossier_files import Dossier, csv_text, seal
from hci_center.privacy.dossier_page import CSV_HEAD, csv_cells, page_of
from hci_center.privacy.erasing import patiently
from hci_center.privacy.marks import aliases_of
from hci_center.privacy.models import Request, Retention
from hci_center.privacy.running import lease, put_off
from managers.models import Manager

SCHEMA = "hci-dossier/1"
KEPT_FOR = timedelta(days=7)
# Dossiers are in Portuguese, for Brazilian customers.
LANGUAGE = "pt-br"
_NAME = re.compile(r"[^A-Za-z0-9._-]")


def make_waiting() -> int:
    """Builds pending dossiers; returns their number."""
    made = 0
    while (request := lease(Request.Kind.DOSSIER)) is not None:
        later = partial(put_off, request)
        with faults.isolate("worker", "dossiers", request.code, later):
            _make(request)
            made += 1
    return made


def forget_old() -> int:
    """Deletes the files of dossiers older than 7 days; returns their number."""
    old = Request.objects.filter(done_at__lt=timezone.now() - KEPT_FOR)
    return sum(delete_file(request) for request in old.exclude(file=""))


def delete_file(request: Request) -> bool:
    """Deletes the file of a dossier, but not the request."""
    remove: Any = getattr(default_storage, "purge", default_storage.delete)
    remove(request.file)
    return bool(Request.objects.filter(pk=request.pk).update(file=""))


def write_dossier(request: Request, target: IO[bytes]) -> dict[str, Any]:
    """Writes the zip of a request; returns its manifest."""
    subjects = request.subjects.select_related(
        "contact__manager", "contact__area", "contact__operator"
    )
    contacts = [subject.contact for subject in subjects.order_by("pk")]
    totals = {"chats": 0, "messages": 0}
    with Dossier(target) as dossier, translation.override(LANGUAGE), patiently():
        held = [
            (_manager(dossier, manager, theirs, totals), ZoneInfo(manager.time_zone))
            for manager, theirs in _by_manager(contacts)
        ]
        managers = [each for each, _zone in held]
        body = {"schema": SCHEMA, "request": request.code, "managers": managers}
        pages = [page_of(each, zone) for each, zone in held]
        context = {"request": request, "managers": pages, "made_at": timezone.now()}
        dossier.text(
            "LEIA-ME.txt", render_to_string("admin/privacy/readme.html", context)
        )
        dossier.text(
            "dossie.html", render_to_string("admin/privacy/dossier.html", context)
        )
        dossier.text("dossie.json", json.dumps(body, ensure_ascii=False, indent=1))
        return dossier.add_manifest(totals)


def _make(request: Request) -> None:
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as sealed:
        manifest = write_dossier(request, plain)
        plain.seek(0)
        seal(plain, sealed)
        sealed.seek(0)
        name = f"dossiers/{request.code}-{secrets.token_hex(8)}"
        name = default_storage.save(name, File(sealed))
    with transaction.atomic():
        request.state, request.done_at = Request.State.DONE, timezone.now()
        request.file, request.lease_until = name, None
        request.result = {"totals": manifest["totals"], "hmac": manifest["hmac"]}
        request.save(
            update_fields=["state", "done_at", "file", "lease_until", "result"]
        )
        for subject in request.subjects.all():
            record(
                "make",
                "dossier",
                request.code,
                manager_id=subject.manager_id,
                after={"contact": subject.contact_id, **manifest["totals"]},
                credential=request.made_by,
            )


def _by_manager(contacts: list[Contact]) -> list[tuple[Manager, list[Contact]]]:
    found: dict[int, tuple[Manager, list[Contact]]] = {}
    for contact in contacts:
        found.setdefault(contact.manager_id, (contact.manager, []))[1].append(contact)
    return [*found.values()]


def _manager(
    dossier: Dossier, manager: Manager, contacts: list[Contact], totals: dict[str, int]
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": manager.name,
        "email": manager.email,
        "purpose": _("Service of customers by WhatsApp and Messenger."),
        "basis": _(
            "Performance of a contract or legitimate interest (LGPD, article 7, V and IX)."
        ),
        "retention": _retention(manager),
        "sharedWith": ["Meta Platforms", manager.get_gateway_display()],
        "contacts": [],
        "chats": [],
        "deliveries": [],
        "raw": [],
    }
    for contact in contacts:
        row = dossier_rows.contact_of(contact)
        row["portrait"] = _portrait(dossier, manager, contact)
        shown["contacts"].append(row)
        for chat in dossier_rows.chats_of(contact):
            _add_chat(dossier, chat, ZoneInfo(manager.time_zone))
            totals["chats"] += 1
            totals["messages"] += len(chat["messages"])
            shown["chats"].append(chat)
        shown["deliveries"] += dossier_rows.deliveries_of(contact)
        shown["raw"] += dossier_rows.raw_of(manager, aliases_of(contact))
    return shown


def _retention(manager: Manager) -> str:
    """Describes how long the manager keeps data; by default nothing is deleted."""
    row = Retention.objects.filter(manager=manager).first() or Retention()
    terms = (
        (
            _("Words and files: %d months after the end of their chat."),
            row.words_months,
        ),
        (_("Files: %d months after their message."), row.files_months),
        (_("Person: %d months after the last message."), row.person_months),
    )
    kept = " ".join(text % months for text, months in terms if months)
    return kept or _("As long as the service and legal duties need it.")


def _portrait(dossier: Dossier, manager: Manager, contact: Contact) -> str:
    portrait = getattr(contact, "portrait", None)
    if portrait is None:
        return ""
    name = named_as(f"retratos/{_safe(manager.name)}-{contact.pk}", portrait.mime)
    return name if dossier.stored(name, portrait.file.name) else ""


def _add_chat(dossier: Dossier, chat: dict[str, Any], zone: tzinfo) -> None:
    """Adds the files and the CSV of a chat, and sets the file names in its messages."""
    protocol = _safe(chat["protocol"])
    cells = []
    for number, message in enumerate(chat["messages"], 1):
        message["file"] = ""
        mime, stored_name = message.pop("mime") or "", message.pop("file_name")
        del message["file_uuid"]
        if stored_name:
            own = _safe(message["details"].get("fileName") or message["type"])
            name = f"arquivos/{protocol}/{named_as(f'{number:02d}-{own}', mime)}"
            message["file"] = name if dossier.stored(name, stored_name) else ""
        cells.append(csv_cells(message, zone))
    dossier.text(f"mensagens/{protocol}.csv", csv_text(CSV_HEAD, cells))


def _safe(name: str) -> str:
    return _NAME.sub("_", name).strip(".")[:80] or "_"
