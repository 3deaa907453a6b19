"""The content of a dossier for readers: its JSON as texts, with local times."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from chats.models import ChatEvent, Direction, Status
from contacts.models import Channel, Consent, Contact
from hci_center.privacy.dossier_rows import Row

CSV_HEAD = (
    "data", "sentido", "de", "tipo", "texto", "legenda", "arquivo", "estado",
)  # fmt: skip
# Columns of a contact that are only codes or times of the service.
_LEFT_OUT = ("channel", "away_until")
_MOMENTS = ("_at", "_since")


def page_of(held: Row, zone: tzinfo) -> Row:
    """Returns what the page shows of one manager's data."""
    return {
        **held,
        "contacts": [_contact(each, zone) for each in held["contacts"]],
        "chats": [_chat(each, zone) for each in held["chats"]],
    }


def csv_cells(message: Row, zone: tzinfo) -> list[str]:
    """Returns a message as a row of the file below CSV_HEAD."""
    return [
        moment_text(message["createdAt"], zone),
        _label(Direction, message["direction"]),
        message["from"],
        message["type"],
        message["content"],
        message["details"].get("caption", ""),
        message["file"] or message["url"],
        # The status of his own messages means nothing to the customer.
        _label(Status, message["status"]) if message["direction"] == "out" else "",
    ]


def moment_text(text: str | None, zone: tzinfo) -> str:
    """Returns a time of the JSON as people in Brazil write it, on their clock."""
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")


def _contact(contact: Row, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Returns the labels of a contact's data, each with its lines."""
    shown = [(_("Channel"), [_label(Channel, contact["channel"])])]
    for field in Contact._meta.concrete_fields:
        if field.name not in contact or field.name in _LEFT_OUT:
            continue
        value = contact[field.name]
        text = moment_text(value, zone) if field.name.endswith(_MOMENTS) else value
        shown.append((str(field.verbose_name), [str(text)] if text else []))
    shown += [
        (_("Numbers and ids"), [each["alias"] for each in contact["identities"]]),
        (_("Consents"), [_consent(each, zone) for each in contact["consents"]]),
        (_("Tags"), contact["tags"]),
        (_("Internal notes"), [_note(each, zone) for each in contact["notes"]]),
        (
            _("Scheduled messages"),
            [
                _said(each["sendAt"], each["text"], zone)
                for each in contact["scheduled"]
            ],
        ),
        (_("Files and pictures"), [contact["portrait"]] if contact["portrait"] else []),
    ]
    return [(capfirst(name), lines) for name, lines in shown if lines]


def _consent(consent: Row, zone: tzinfo) -> str:
    purpose = _label(Consent.Purpose, consent["purpose"])
    said = [
        f"{field.verbose_name} {moment_text(consent[field.name], zone)}"
        for field in Consent._meta.concrete_fields
        if field.name in ("given_at", "revoked_at") and consent[field.name]
    ]
    return "; ".join(filter(None, (purpose, *said, consent["how"], consent["wording"])))


def _note(note: Row, zone: tzinfo) -> str:
    return _said(note["createdAt"], f"{note['operator']}: {note['text']}", zone)


def _said(at: str, text: str, zone: tzinfo) -> str:
    return f"{moment_text(at, zone)} {text}"


def _chat(chat: Row, zone: tzinfo) -> Row:
    return {
        "protocol": chat["protocol"],
        "opened": moment_text(chat["opened_at"], zone),
        "closed": moment_text(chat["closed_at"], zone),
        "lines": [_line(each, zone) for each in chat["lines"]],
        "messages": [
            {**each, "at": moment_text(each["createdAt"], zone)}
            for each in chat["messages"]
        ],
        "ratings": chat["ratings"],
    }


def _line(line: Row, zone: tzinfo) -> str:
    kind = _label(ChatEvent.Kind, line["kind"])
    place = [line["area"], line["operator"]]
    return _said(line["at"], ", ".join(filter(None, (kind, *place))), zone)


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices else value
