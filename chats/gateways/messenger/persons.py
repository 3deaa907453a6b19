"""The person that an event of a page is about."""

from __future__ import annotations

from typing import Any

from chats.gateways.events import Ignored, Person
from chats.gateways.parsing import found, text

# A visitor of a website who has not written yet: the page may reply to this id too.
USER_REF = "user_ref:"
NO_PERSON = Ignored("event without a person")


def person_of(payload: Any, side: str = "sender") -> Person | None:
    """Returns the person with the page-scoped id and the ids of plugins."""
    refs = (found(payload, side, "user_ref"), *_prior(payload, side))
    ids = [text(found(payload, side, "id")), *(_named(ref) for ref in refs)]
    known = tuple(dict.fromkeys(filter(None, ids)))
    return Person(known) if known else None


def visitor_of(payload: Any, part: Any) -> Person | None:
    """Returns the person of a plugin event that has the visitor's id beside it."""
    person = person_of(payload)
    visitor = _named(found(part, "user_ref"))
    known = (*(person.ids if person else ()), visitor)
    ids = tuple(dict.fromkeys(filter(None, known)))
    return Person(ids) if ids else None


def _prior(payload: Any, side: str) -> list[Any]:
    """Returns the plugin's ids of a person who now writes for the first time."""
    prior = found(payload, "prior_message")
    return [found(prior, "identifier")] if side == "sender" and prior else []


def _named(reference: Any) -> str:
    said = text(reference)
    return f"{USER_REF}{said}" if said else ""
