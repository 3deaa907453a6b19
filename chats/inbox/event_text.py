"""Describes ledger lines as sentences in the language of the request."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chats.models import ChatEvent

Kind, Cause = ChatEvent.Kind, ChatEvent.Cause


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A ledger line with names instead of ids; "" if there is none.

    `who` did it, `operator` and `area` are the contact's afterwards.
    """

    kind: str
    cause: str = ""
    who: str = ""
    operator: str = ""
    area: str = ""
    reason: str = ""
    time: str = ""


# By kind and cause, else by kind: with an actor, and without.
_SENTENCES: dict[tuple[str, str], tuple[str | Promise, str | Promise]] = {
    (Kind.OPENED, ""): (
        lazy("%(who)s opened the chat"),
        lazy("The chat was opened"),
    ),
    (Kind.OPENED, Cause.CUSTOMER): (
        lazy("The customer opened the chat"),
        lazy("The customer opened the chat"),
    ),
    (Kind.OPENED, Cause.IMPORT): (
        lazy("The chat was imported"),
        lazy("The chat was imported"),
    ),
    (Kind.REOPENED, ""): (
        lazy("%(who)s reopened the chat"),
        lazy("The chat was reopened"),
    ),
    (Kind.REOPENED, Cause.CUSTOMER): (
        lazy("The customer wrote again: the chat goes on"),
        lazy("The customer wrote again: the chat goes on"),
    ),
    (Kind.ENTERED_AREA, ""): (
        lazy("%(who)s transferred to %(area)s"),
        lazy("Entered %(area)s"),
    ),
    (Kind.ENTERED_AREA, Cause.MENU): (
        lazy("The customer chose %(area)s in the menu"),
        lazy("The customer chose %(area)s in the menu"),
    ),
    (Kind.ENTERED_AREA, Cause.AWAY): (
        lazy("Moved to %(area)s: the other area is closed"),
        lazy("Moved to %(area)s: the other area is closed"),
    ),
    (Kind.CLAIMED, ""): (
        lazy("%(operator)s answered the chat"),
        lazy("The chat was answered"),
    ),
    (Kind.ASSIGNED, ""): (
        lazy("Assigned to %(operator)s"),
        lazy("Assigned to %(operator)s"),
    ),
    (Kind.TRANSFERRED, ""): (
        lazy("%(who)s transferred to %(operator)s"),
        lazy("Transferred to %(operator)s"),
    ),
    (Kind.RELEASED, ""): (
        lazy("%(who)s released the chat"),
        lazy("The chat was released"),
    ),
    (Kind.RELEASED, Cause.TIMEOUT): (
        lazy("Released: the operator was offline for too long"),
        lazy("Released: the operator was offline for too long"),
    ),
    (Kind.CLOSED, ""): (
        lazy("%(who)s closed the chat"),
        lazy("The chat was closed"),
    ),
    (Kind.CLOSED, Cause.IDLE): (
        lazy("Closed: the customer did not answer"),
        lazy("Closed: the customer did not answer"),
    ),
    (Kind.CLOSED, Cause.CUSTOMER): (
        lazy("The customer ended the chat"),
        lazy("The customer ended the chat"),
    ),
    (Kind.NOTED, ""): (lazy("%(who)s wrote a note"), lazy("A note was written")),
    (Kind.TAGGED, ""): (lazy("%(who)s changed the tags"), lazy("The tags changed")),
    (Kind.SCHEDULED, ""): (
        lazy("A scheduled message of %(who)s was sent"),
        lazy("A scheduled message was sent"),
    ),
    (Kind.AWAY, ""): (
        lazy("The customer was told that %(area)s is closed"),
        lazy("The customer was told that %(area)s is closed"),
    ),
}


def event_text(facts: EventFacts) -> str:
    """Returns the sentence, with the reason and the time of day at its end."""
    sentence = _sentence(facts)
    if facts.reason:
        sentence = f"{sentence}: {facts.reason}"
    return f"{sentence} ({facts.time})" if facts.time else sentence


def _sentence(facts: EventFacts) -> str:
    found = _SENTENCES.get((facts.kind, facts.cause)) or _SENTENCES.get(
        (facts.kind, "")
    )
    if found is None:
        # The name of the kind is sufficient: these have no actor.
        return str(Kind(facts.kind).label)
    known = facts.operator if facts.kind == Kind.CLAIMED else facts.who
    text = str(found[0] if known else found[1])
    return text % {
        "who": facts.who,
        "operator": facts.operator or _("nobody"),
        "area": facts.area or _("no area"),
    }
