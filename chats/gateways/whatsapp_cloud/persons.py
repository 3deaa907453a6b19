"""The customer that a change of the Cloud API concerns, by phone and by user id."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chats.gateways import parsing
from chats.gateways.events import Event, IdentityMerged, Ignored, Person
from chats.gateways.parsing import found, text

_NAMED_BY = ("from", "from_user_id", "to", "to_user_id", "wa_id", "user_id")
# Matched at the end of the platform's text: before it stands a name that the customer
# chose.
_RENAMED = re.compile(r" changed from (\S+\.\S+) to (\S+\.\S+)\Z")


def contact_of(item: Any, contacts: list[Any]) -> Any:
    """Returns the profile of the customer of an item; a body may have several."""
    names = {text(found(item, name)) for name in _NAMED_BY} - {""}
    for contact in contacts:
        if names & {text(found(contact, "wa_id")), text(found(contact, "user_id"))}:
            return contact
    return contacts[0] if len(contacts) == 1 else None


def person_of(contact: Any, *ids: Any) -> Person:
    """Returns the person with these ids and those of the profile."""
    known = (*ids, found(contact, "wa_id"), found(contact, "user_id"))
    return Person(ordered(known), parsing.name(found(contact, "profile", "name")))


def ordered(ids: Iterable[Any]) -> tuple[str, ...]:
    """Returns the distinct ids, phones first, since replies go to the first."""
    known = dict.fromkeys(text(one) for one in ids if one)
    return tuple(sorted(known, key=lambda one: not one.isdecimal()))


def system_events(message: Any, person: Person) -> list[Event]:
    """Returns the event of a new number or user id: the person stays the same."""
    system = message["system"]
    kind = text(found(system, "type"))
    if not kind.startswith("user_changed"):
        return [Ignored(kind or "system")]
    number = text(found(system, "wa_id")) or text(found(system, "new_wa_id"))
    user_id = text(found(system, "user_id"))
    previous = found(system, "previous_user_id")
    said = _RENAMED.search(text(found(system, "body")))
    known = [*person.ids, previous, *(said.groups() if said else ()), number, user_id]
    address = number if kind == "user_changed_number" else user_id
    return [_linked(known, person.name, address)]


def renaming_events(renaming: Any, contact: Any) -> list[Event]:
    """Returns the same event for changes that come as a separate field."""
    current = text(found(renaming, "user_id", "current"))
    known = (found(renaming, "wa_id"), found(renaming, "user_id", "previous"), current)
    return [_linked(person_of(contact, *known).ids, "", current)]


def _linked(ids: Iterable[Any], name: str, address: str) -> Event:
    both = ordered(ids)
    if len(both) < 2 or not address:
        return Ignored("system")
    return IdentityMerged(Person(both, name), address)
