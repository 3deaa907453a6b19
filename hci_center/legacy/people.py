"""Makes contacts of the users' contacts, or finds them by any spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from contacts import photos
from contacts.aliases import spellings
from contacts.models import Channel, Contact
from contacts.saving import FIRST_STEP
from hci_center.api.parsers import WrongValueError, parse_public_id, parse_text
from hci_center.legacy.copying import copy, draw_ids, issue_protocols
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
from hci_center.legacy.proof import ContactProof, Expected
from hci_center.legacy.references import CONTACTS, ChangedRefs, refs_of_rows
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner

KNOWN = {
    "id", "contactId", "name", "photo", "area", "operatorId", "protocol", "sa",
    "createdAt", "date", "timestamp", "updatedAt",
}  # fmt: skip
BATCH = 500
LONGEST_PROTOCOL = 64
# What an import may change later, as long as ours is what was imported.
COLUMNS = ("name", "photo", "area_id", "operator_id", "protocol", "sa")

# By alias: a string id is one contact's, whatever its channel.
_FIND = """
SELECT i.channel, i.alias, i.contact_id FROM contacts_identity i
 WHERE i.manager_id = %s AND i.alias = ANY(%s)
"""

Key = tuple[str, str]


@dataclass(slots=True)
class Person:
    """A contact as its document says."""

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


@dataclass(slots=True)
class Rules:
    """What the run does with what was imported before, and when it began.

    `proves_all` has rows read back that this run did not write.
    """

    is_delta: bool
    proves_all: bool
    now: datetime


def channel_of(owner: Owner, value: Any) -> Key:
    """Returns channel and id: WhatsApp if it reads as a phone and the user has a number.

    Raises WrongValueError.
    """
    phone = phone_of(value)
    if phone is not None and owner.number is not None:
        return Channel.WHATSAPP.value, phone
    return Channel.FACEBOOK.value, parse_public_id(value)


def find_contacts(manager_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """Returns the ids of the manager's contacts with these aliases."""
    wanted = list(keys)
    found: dict[Key, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [manager_id, list({alias for _c, alias in wanted})])
        for channel, alias, contact_id in cursor.fetchall():
            found[channel, alias] = contact_id
            if not alias.isdecimal():
                for other in Channel.values:
                    found.setdefault((other, alias), contact_id)
    return {key: found[key] for key in wanted if key in found}


@dataclass(slots=True)
class People:
    """Writes the contacts of one owner after the other, in batches."""

    rules: Rules
    report: Report
    proof: ContactProof

    def read(self, owner: Owner, place: str, documents: list[Any]) -> None:
        """Writes the contacts of a user's document."""
        seen: dict[int, str] = {}
        people = self._parsed(owner, place, documents)
        while batch := list(islice(people, BATCH)):
            self.write(owner, batch, seen)

    def _parsed(
        self, owner: Owner, place: str, documents: list[Any]
    ) -> Iterator[Person]:
        for n, values in enumerate(documents):
            self.report.count("contacts", "documents")
            where = f"{place} contacts[{n}]"
            try:
                if not isinstance(values, dict):
                    raise WrongFieldError("", _("This must be an object."))
                yield self._person(owner, where, Fields(values))
            except WrongFieldError as error:
                name = f".{error.name}" if error.name else ""
                self.report.error("contacts", f"{where}{name}", error.sentence)

    def _person(self, owner: Owner, place: str, fields: Fields) -> Person:
        self.report.note_fields("contacts", fields.unknown(KNOWN))
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

    def stranger(self, owner: Owner, place: str, operator: str, key: Key) -> Person:
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

    def write(self, owner: Owner, batch: list[Person], seen: dict[int, str]) -> None:
        """Writes new contacts of the batch and what may change of the others.

        `seen` are the places of the contacts that this document has had already.
        """
        found = find_contacts(owner.id, (key for p in batch for key in p.aliases))
        fresh: list[Person] = []
        known: list[Person] = []
        ids = iter(draw_ids("contacts_contact", len(batch)))
        for person in batch:
            held = [found[key] for key in person.aliases if key in found]
            if held and held[0] in seen:
                sentence = _("This is the person of %s, which is kept.")
                self.report.warn(person.place, sentence % seen[held[0]])
                self.report.count("contacts", "skipped")
                continue
            person.contact_id = held[0] if held else next(ids)
            seen[person.contact_id] = person.place
            found |= dict.fromkeys(person.aliases, person.contact_id)
            (known if held else fresh).append(person)
        refs = ChangedRefs()
        self._add(owner, fresh, refs)
        self._change(owner, known, refs)
        refs.write()

    def _add(self, owner: Owner, fresh: list[Person], refs: ChangedRefs) -> None:
        without = [person for person in fresh if not person.protocol]
        for person, protocol in zip(
            without, issue_protocols([owner.id] * len(without)), strict=True
        ):
            person.values["protocol"] = protocol
        copy("contacts_contact", (self._row(owner, person) for person in fresh))
        copy(
            "contacts_identity",
            (
                (owner.id, channel, alias, person.contact_id)
                for person in fresh
                for channel, alias in person.aliases
            ),
        )
        self.report.count("contacts", "made", len(fresh))
        for person in fresh:
            refs.add(_reference(person))
            self._prove(owner, person, set())

    def _row(self, owner: Owner, person: Person) -> list[Any]:
        values = person.values
        since = min(person.since or self.rules.now, self.rules.now)
        return [
            person.contact_id, owner.id, person.channel, person.external_id,
            *(values[name] for name in COLUMNS), 0, since,
        ]  # fmt: skip

    def _change(self, owner: Owner, known: list[Person], refs: ChangedRefs) -> None:
        ids = [person.contact_id for person in known]
        contacts = Contact.objects.in_bulk(ids)
        earlier = refs_of_rows(CONTACTS, ids)
        for person in known:
            contact = contacts[person.contact_id]
            ref = earlier.get(contact.pk)
            if ref is None:
                refs.add(_reference(person))
                kept = _differing(person, contact)
                self._keep(person, kept)
                self.report.count("contacts", "same")
                self._prove(owner, person, kept)
            elif ref.digest == person.digest:
                self.report.count("contacts", "same")
                if self.rules.proves_all:
                    self._prove(owner, person, set())
            elif not self.rules.is_delta:
                self.report.warn(person.place, _("It has changed: use --delta."))
                self.report.count("contacts", "skipped")
            else:
                self._update(owner, person, contact, ref)
                refs.change(ref)

    def _update(
        self, owner: Owner, person: Person, contact: Contact, ref: ImportRef
    ) -> None:
        """Changes the columns that still are as they were imported."""
        kept, changed = set(), []
        for name in COLUMNS:
            value, ours = person.values[name], getattr(contact, name)
            if ours == value or (name == "protocol" and not value):
                continue
            if ref.columns.get(name) == _column_digest(ref.key, ours):
                setattr(contact, name, value)
                changed.append(name)
            else:
                kept.add(name)
        if changed:
            contact.save(update_fields=changed)
        # The columns that were kept stay so: they differ from what was imported.
        ref.columns |= {
            name: _column_digest(ref.key, person.values[name]) for name in changed
        }
        ref.digest, ref.protocol = person.digest, ""
        self._keep(person, kept)
        self.report.count("contacts", "changed")
        self._prove(owner, person, kept)

    def _keep(self, person: Person, kept: set[str]) -> None:
        if kept:
            names = ", ".join(sorted(name.removesuffix("_id") for name in kept))
            self.report.warn(person.place, _("Kept ours: %s") % names)

    def _prove(self, owner: Owner, person: Person, kept: set[str]) -> None:
        left_out = {COLUMNS.index(name) + 1 for name in kept if name in COLUMNS}
        if "external_id" in kept:
            left_out.add(0)
        if not person.protocol:
            left_out.add(COLUMNS.index("protocol") + 1)
        self.proof.expect(
            Expected(person.contact_id, owner, tuple(sorted(left_out)), person.place),
            person.old,
        )


def _differing(person: Person, contact: Contact) -> set[str]:
    kept = {
        name
        for name in COLUMNS
        if getattr(contact, name) != person.values[name] and person.values[name] != ""
    }
    if contact.external_id != person.external_id:
        kept.add("external_id")
    return kept


def _reference(person: Person) -> ImportRef:
    return ImportRef(
        collection="contacts",
        key=person.key,
        table=CONTACTS,
        row_id=person.contact_id,
        digest=person.digest,
        columns={
            name: _column_digest(person.key, value)
            for name, value in person.values.items()
        },
    )


def _column_digest(key: str, value: Any) -> str:
    return digest_of([key, value])[:16]


def _step(value: Any) -> int:
    step = plain(value)
    if isinstance(step, str):
        text = parse_text(step, 19)
        step = int(text) if text.lstrip("-").isdecimal() and text.isascii() else None
    if isinstance(step, bool) or not isinstance(step, int) or abs(step) >= 2**63:
        raise WrongValueError(_("This must be a whole number."))
    return step
