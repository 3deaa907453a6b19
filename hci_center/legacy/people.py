"""Creates the contacts of users, or finds them by any spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from contacts.models import Channel, Contact
from hci_center.legacy.copying import allocate_ids, copy, issue_protocols
from hci_center.legacy.fields import (
    Fields,
    WrongFieldError,
)
from hci_center.legacy.models import ImportRef
from hci_center.legacy.person import (
    COLUMNS,
    KNOWN,
    Key,
    Person,
    column_digest,
    differing_columns,
    person_of,
    reference_of,
)
from hci_center.legacy.proof import ContactProof, Expected
from hci_center.legacy.references import CONTACTS, ChangedRefs, refs_of_rows
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner

BATCH = 500

# By alias: a text id belongs to one contact, whatever its channel.
_FIND = """
SELECT i.channel, i.alias, i.contact_id FROM contacts_identity i
 WHERE i.manager_id = %s AND i.alias = ANY(%s)
"""


@dataclass(slots=True)
class Rules:
    """How the run treats earlier imports, and when it started.

    `proves_all` also reads back rows that this run did not write.
    """

    is_delta: bool
    proves_all: bool
    now: datetime


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
    """Writes the contacts of each owner, in batches."""

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
                fields = Fields(values)
                self.report.note_fields("contacts", fields.unknown(KNOWN))
                yield person_of(owner, where, fields)
            except WrongFieldError as error:
                name = f".{error.name}" if error.name else ""
                self.report.error("contacts", f"{where}{name}", error.sentence)

    def write(self, owner: Owner, batch: list[Person], seen: dict[int, str]) -> None:
        """Writes new contacts of the batch, and updates the others.

        `seen` are the positions of the contacts already seen in this document.
        """
        found = find_contacts(owner.id, (key for p in batch for key in p.aliases))
        fresh: list[Person] = []
        known: list[Person] = []
        ids = iter(allocate_ids("contacts_contact", len(batch)))
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
            refs.add(reference_of(person))
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
                refs.add(reference_of(person))
                kept = differing_columns(person, contact)
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
        """Updates the columns that are unchanged since the import."""
        kept, changed = set(), []
        for name in COLUMNS:
            value, ours = person.values[name], getattr(contact, name)
            if ours == value or (name == "protocol" and not value):
                continue
            if ref.columns.get(name) == column_digest(ref.key, ours):
                setattr(contact, name, value)
                changed.append(name)
            else:
                kept.add(name)
        if changed:
            contact.save(update_fields=changed)
        # Columns that were kept before stay so: they differ from the import.
        ref.columns |= {
            name: column_digest(ref.key, person.values[name]) for name in changed
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
