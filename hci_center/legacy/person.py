"""Reads contacts from documents of users and chats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contacts import photos
from contacts.aliases import spellings
from contacts.models import Channel, Contact
from contacts.saving import FIRST_STEP
from hci_center.api.parsers import WrongValueError, parse_public_id, parse_text
from hci_center.legacy.extended_json import plain
from hci_center.legacy.fields import (
    LONGEST_ID,
    LONGEST_LINK,
    LONGEST_NAME,
    Fields,
    WrongFieldError,
    digest_of,
    phone_of,
)
from hci_center.legacy.models import ImportRef
from hci_center.legacy.references import CONTACTS
from hci_center.legacy.users import Owner

KNOWN = {
    "id", "contactId", "name", "photo", "area", "operatorId", "protocol", "sa",
    "createdAt", "date", "timestamp", "updatedAt",
}  # fmt: skip
LONGEST_PROTOCOL = 64
# Columns that a later import may update, if unchanged since the import.
COLUMNS = ("name", "photo", "area_id", "operator_id", "protocol", "sa")

Key = tuple[str, str]


@dataclass(slots=True)
class Person:
    """The data of a contact in a document."""

    place: str
    channel: str
    external_id: str
    values: dict[str, Any]
    # The protocol of the document, "" without one.
    protocol: str
    key: str
    digest: str
    old: list[Any]
    since: datetime | None = None
    contact_id: int = 0

    @property
    def aliases(self) -> list[Key]:
        names = spellings(self.channel, self.external_id)
        return [(self.channel, name) for name in names]


def channel_of(owner: Owner, value: Any) -> Key:
    """Returns channel and id: WhatsApp for a phone number if the user has a number.

    Raises WrongValueError.
    """
    phone = phone_of(value)
    if phone is not None and owner.number is not None:
        return Channel.WHATSAPP.value, phone
    return Channel.FACEBOOK.value, parse_public_id(value)


def person_of(owner: Owner, place: str, fields: Fields) -> Person:
    """Returns the contact of a user. Raises WrongFieldError."""
    name = "id" if fields.values.get("id") not in (None, "") else "contactId"
    key = fields.get(name, lambda value: channel_of(owner, value))
    if key is None:
        raise WrongFieldError("id", _("This field is required."))
    channel, external_id = key
    area = owner.area(fields.text("area", LONGEST_NAME))
    operator = fields.text("operatorId", LONGEST_ID)
    holder = owner.operators.holder(operator)
    protocol = fields.text("protocol", LONGEST_PROTOCOL)
    photo = photos.said(fields.text("photo", LONGEST_LINK)) or ""
    step = fields.get("sa", _step)
    values = {
        "name": fields.text("name", LONGEST_NAME) or external_id,
        "photo": photo,
        "area_id": area and area.id,
        "operator_id": holder,
        "protocol": protocol,
        "sa": FIRST_STEP[channel] if step is None else step,
    }
    old = [
        external_id, values["name"], photo, area.code if area else "",
        owner.operators.shown(str(holder or 0)), protocol, values["sa"],
    ]  # fmt: skip
    digest = digest_of([channel, old])
    # Users may share a contact with its `_id`.
    key_text = digest_of([owner.id, channel, external_id, fields.id() or digest])
    return Person(
        place, channel, external_id, values, protocol, key_text, digest, old,
        fields.time(),
    )  # fmt: skip


def unlisted_contact(owner: Owner, place: str, operator: str, key: Key) -> Person:
    """Returns the contact of a chat whose contact no user has."""
    channel, external_id = key
    holder = owner.operators.holder(operator)
    values = {
        "name": external_id,
        "photo": "",
        "area_id": None,
        "operator_id": holder,
        "protocol": "",
        "sa": FIRST_STEP[channel],
    }
    shown = owner.operators.shown(str(holder or 0))
    old = [external_id, external_id, "", "", shown, "", values["sa"]]
    digest = digest_of([channel, old])
    ref_key = digest_of([owner.id, channel, external_id])
    return Person(place, channel, external_id, values, "", ref_key, digest, old)


def differing_columns(person: Person, contact: Contact) -> set[str]:
    """Returns the columns in which ours differs from the document."""
    kept = {
        name
        for name in COLUMNS
        if getattr(contact, name) != person.values[name]
        and (name != "protocol" or person.protocol)
    }
    if contact.external_id != person.external_id:
        kept.add("external_id")
    return kept


def reference_of(person: Person) -> ImportRef:
    return ImportRef(
        collection="contacts",
        key=person.key,
        table=CONTACTS,
        row_id=person.contact_id,
        digest=person.digest,
        columns={
            name: column_digest(person.key, value)
            for name, value in person.values.items()
        },
    )


def column_digest(key: str, value: Any) -> str:
    """Returns the digest for detecting changes in a later import."""
    return digest_of([key, value])[:16]


def _step(value: Any) -> int:
    step = plain(value)
    if isinstance(step, str):
        text = parse_text(step, 19)
        step = int(text) if text.lstrip("-").isdecimal() and text.isascii() else None
    if isinstance(step, bool) or not isinstance(step, int) or abs(step) >= 2**63:
        raise WrongValueError(_("This must be a whole number."))
    return step
