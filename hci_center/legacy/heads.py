"""Finds the contact of each chat, and which chat of a contact is the newest.

This needs a pass over all chats before the first is written.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from contacts.aliases import spellings
from contacts.models import Channel
from hci_center.api.parsers import parse_phone, parse_public_id, parse_text
from hci_center.legacy.documents import Document
from hci_center.legacy.fields import (
    LONGEST_ID,
    Fields,
    WrongFieldError,
    digest_of,
    phone_of,
)
from hci_center.legacy.map_file import Map
from hci_center.legacy.people import People, find_contacts
from hci_center.legacy.person import Key, Person, channel_of, unlisted_contact
from hci_center.legacy.report import Report
from hci_center.legacy.users import Owner, Users

BATCH = 500
NUMBERS = ("number", "managerNumber")


@dataclass(slots=True)
class Head:
    """A chat without its messages."""

    place: str
    key: str
    contact: str
    # A number or page of its manager, or "".
    manager: str
    channel: str | None
    operator: str
    at: datetime


class Heads:
    """The contacts of all chats, in file order, and which chats are the newest."""

    def __init__(self, users: Users, people: People, given: Map, report: Report):
        self.users, self.people, self.map, self.report = users, people, given, report
        # By the chat's position in this order; 0 if it has an error.
        self.contact_ids = array("q")
        # By contact: the time and the position of its newest chat.
        self.newest: dict[int, tuple[datetime, int]] = {}
        self._places: dict[str, str] = {}

    def read(self, documents: Iterable[Document]) -> None:
        """Reads all chats; missing contacts are created."""
        heads = (self._head(document) for document in documents)
        while batch := list(islice(heads, BATCH)):
            self._resolve(batch)

    def _head(self, document: Document) -> Head | None:
        try:
            if document.values is None:
                raise WrongFieldError("", _("This is not JSON."))
            head = self._parsed(document.place, Fields(document.values))
            first = self._places.setdefault(head.key, document.place)
            if first != document.place:
                sentence = _("The document at %s has it too.") % first
                raise WrongFieldError("_id", sentence)
        except WrongFieldError as error:
            place = f"{document.place} {error.name}".rstrip()
            self.report.error("chats", place, error.sentence)
            return None
        return head

    def _parsed(self, place: str, fields: Fields) -> Head:
        key = chat_key(fields)
        number = next(
            (n for name in NUMBERS if (n := fields.named(name, parse_phone))), None
        )
        page = fields.named("facebookId", parse_public_id)
        manager = self.map.chats.get(key) or str(number or page or "")
        channel = None
        if number is not None or page is not None:
            channel = Channel.FACEBOOK if number is None else Channel.WHATSAPP
        name = contact_field(fields)
        contact = fields.get(name, _contact_id)
        if contact is None:
            raise WrongFieldError("contactId", _("This field is required."))
        operator = fields.text("operatorId", LONGEST_ID)
        at = fields.time() or self.people.rules.now
        at = min(at, self.people.rules.now)
        return Head(place, key, contact, manager, channel, operator, at)

    def _resolve(self, batch: list[Head | None]) -> None:
        known = self._known([head for head in batch if head is not None])
        made: defaultdict[int, list[tuple[int, Person]]] = defaultdict(list)
        first = len(self.contact_ids)
        for n, head in enumerate(batch):
            self.contact_ids.append(0)
            if head is None:
                continue
            try:
                owner, contact_id = self._owner(head, known)
                if contact_id:
                    self.contact_ids[-1] = contact_id
                else:
                    made[owner.id].append((first + n, self._person(owner, head)))
            except WrongFieldError as error:
                place = f"{head.place} {error.name}"
                self.report.error("chats", place, error.sentence)
        for owner_id, people in made.items():
            self._make(self.users.owners[owner_id], people)
        for n, head in enumerate(batch):
            contact_id = self.contact_ids[first + n]
            if head is not None and contact_id:
                candidate = (head.at, first + n)
                newest = self.newest.get(contact_id, candidate)
                self.newest[contact_id] = max(newest, candidate)

    def _known(self, heads: list[Head]) -> dict[int, dict[Key, int]]:
        keys = {key for head in heads for key in _keys(head)}
        return {each: find_contacts(each, keys) for each in self.users.owners}

    def _owner(self, head: Head, known: dict[int, dict[Key, int]]) -> tuple[Owner, int]:
        """Returns the owner of the chat, and the id of its contact or 0."""
        owners = list(self.users.owners.values())
        if head.manager:
            named = self.users.of_name(head.manager)
            if named is None:
                sentence = _("No user has the number or page %s.") % head.manager
                raise WrongFieldError("number", sentence)
            owners = [named]
        found = {
            (owner.id, contact_id)
            for owner in owners
            for key in _keys(head)
            if (contact_id := known[owner.id].get(key))
        }
        if len(found) > 1:
            sentence = _("%d contacts have this id: name the user in the map.")
            raise WrongFieldError("contactId", sentence % len(found))
        for owner_id, contact_id in found:
            return self.users.owners[owner_id], contact_id
        if len(owners) != 1:
            sentence = _("No contact has this id: name the user in the map.")
            raise WrongFieldError("contactId", sentence)
        return owners[0], 0

    def _person(self, owner: Owner, head: Head) -> Person:
        """Returns a new contact for a chat whose contact no user has."""
        channel, external_id = channel_of(owner, head.contact)
        if head.channel == Channel.FACEBOOK:
            channel = Channel.FACEBOOK.value
        return unlisted_contact(
            owner, head.place, head.operator, (channel, external_id)
        )

    def _make(self, owner: Owner, people: list[tuple[int, Person]]) -> None:
        # Several chats may belong to one person.
        first: dict[Key, Person] = {}
        for _n, person in people:
            for alias in person.aliases:
                first.setdefault(alias, person)
        firsts = {id(each): each for each in first.values()}
        self.people.write(owner, list(firsts.values()), {})
        for n, person in people:
            self.contact_ids[n] = first[person.aliases[0]].contact_id


def chat_key(fields: Fields) -> str:
    """Returns the `_id`, else a digest of the fields that identify the chat."""
    values = fields.values
    named = {n: values.get(n) for n in ("contactId", "contactNumber", "facebookId")}
    return fields.id() or digest_of(named | {n: values.get(n) for n in NUMBERS})


def contact_field(fields: Fields) -> str:
    is_there = fields.values.get("contactId") not in (None, "")
    return "contactId" if is_there else "contactNumber"


def _contact_id(value: Any) -> str:
    text = parse_text(value, LONGEST_ID)
    return text if phone_of(text) else parse_public_id(text)


def _keys(head: Head) -> Iterator[Key]:
    """Yields possible aliases of the chat's contact."""
    phone = phone_of(head.contact)
    if phone is not None and head.channel != Channel.FACEBOOK:
        for name in spellings(Channel.WHATSAPP, phone):
            yield Channel.WHATSAPP.value, name
    if phone is None or head.channel != Channel.WHATSAPP:
        yield Channel.FACEBOOK.value, head.contact
