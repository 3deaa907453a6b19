"""Who an event of a page is about."""

from __future__ import annotations

from typing import Any

from chats.gateways.events import Ignored, Person
from chats.gateways.parsing import found, text

# A visitor of a website who has not written yet: the page may answer by this name too.
USER_REF = "user_ref:"
NO_PERSON = Ignored("event without a person")


def person_of(payload: Any, side: str = "sender") -> Person | None:
    """The person by his page-scoped id, and by the names of his plugins."""
    refs = (found(payload, side, "user_ref"), *_prior(payload, side))
    ids = [text(found(payload, side, "id")), *(_named(ref) for ref in refs)]
    known = tuple(dict.fromkeys(filter(None, ids)))
    return Person(known) if known else None


def visitor_of(payload: Any, part: Any) -> Person | None:
    """The same of a plugin that tells its visitor's name beside the event."""
    person = person_of(payload)
    visitor = _named(found(part, "user_ref"))
    known = (*(person.ids if person else ()), visitor)
    ids = tuple(dict.fromkeys(filter(None, known)))
    return Person(ids) if ids else None


def _prior(payload: Any, side: str) -> list[Any]:
    """What a plugin called the person who now writes for the first time."""
    prior = found(payload, "prior_message")
    return [found(prior, "identifier")] if side == "sender" and prior else []


def _named(reference: Any) -> str:
    said = text(reference)
    return f"{USER_REF}{said}" if said else ""
