"""Describes ledger lines as sentences in the language of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from chats.models import Auto, ChatEvent

Kind, Cause = ChatEvent.Kind, ChatEvent.Cause


@dataclass(frozen=True, slots=True)
class EventFacts:
    """A ledger line with names instead of ids; "" if there is none.

    `who` did it, `operator` and `area` are the contact's afterwards. `detail` is the
    line's own, with codes.
    """

    kind: str
    cause: str = ""
    who: str = ""
    operator: str = ""
    area: str = ""
    reason: str = ""
    time: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


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
    # Why the menu led there is in the line of its end.
    (Kind.ENTERED_AREA, Cause.MENU): (
        lazy("Entered %(area)s from the menu"),
        lazy("Entered %(area)s from the menu"),
    ),
    (Kind.ENTERED_AREA, Cause.ENTRY): (
        lazy("Entered %(area)s, the area of new customers"),
        lazy("Entered %(area)s, the area of new customers"),
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
    (Kind.ASSIGNED, Cause.FEWEST): (
        lazy("Assigned to %(operator)s: fewest open chats"),
        lazy("Assigned to %(operator)s: fewest open chats"),
    ),
    (Kind.ASSIGNED, Cause.ROTATION): (
        lazy("Assigned to %(operator)s: in turn"),
        lazy("Assigned to %(operator)s: in turn"),
    ),
    (Kind.ASSIGNED, Cause.LAST): (
        lazy("Assigned to %(operator)s: served the customer last"),
        lazy("Assigned to %(operator)s: served the customer last"),
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
    (Kind.CLOSED, Cause.MENU): (
        lazy("The customer ended the chat in the menu"),
        lazy("The customer ended the chat in the menu"),
    ),
    (Kind.MUTED, ""): (
        lazy("Automatic messages stopped: too many within an hour"),
        lazy("Automatic messages stopped: too many within an hour"),
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

# By kind, a value of the line's detail and the sentence for it.
_DETAILED: dict[str, tuple[str, dict[Any, Promise]]] = {
    Kind.BOT_ENDED: (
        "why",
        {
            "area": lazy("Menu ended: the customer chose an area"),
            "human": lazy("Menu ended: left to a person"),
            "customer": lazy("Menu ended: the customer ended the chat"),
            "timeout": lazy("Menu ended: the customer did not answer"),
            "retries": lazy("Menu ended: too many wrong answers"),
            "taken": lazy("Menu ended: somebody took over"),
            "sa": lazy("Menu ended: another program changed the step (sa)"),
            "edited": lazy("Menu ended: there is no menu any more"),
        },
    ),
    Kind.WARNED: (
        "said",
        {
            True: lazy("The customer was warned of being idle"),
            False: lazy("The customer was idle; no warning was sent"),
        },
    ),
    Kind.SURVEY_LOST: (
        "why",
        {
            "window": lazy("Survey not sent: the time for an answer was over"),
            "muted": lazy("Survey not sent: automatic messages are stopped"),
        },
    ),
    Kind.UNSAID: (
        "auto",
        dict.fromkeys(
            Auto.values,
            lazy("Automatic message not sent: the time for an answer was over"),
        ),
    ),
    Kind.RATED: (
        "rating",
        dict.fromkeys(range(1, 6), lazy("The customer gave the mark %(rating)s")),
    ),
}


def event_text(facts: EventFacts) -> str:
    """Returns the sentence, with the reason and the time of day at its end."""
    sentence = _sentence(facts)
    if facts.reason:
        sentence = f"{sentence}: {facts.reason}"
    return f"{sentence} ({facts.time})" if facts.time else sentence


def _sentence(facts: EventFacts) -> str:
    detailed = _detailed(facts)
    if detailed is not None:
        return detailed
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


def _detailed(facts: EventFacts) -> str | None:
    """Returns the sentence of the line's detail; None if there is none for it."""
    detail = facts.detail
    if facts.kind == Kind.BOT_STEP and "step" in detail:
        text = _("Menu question: %(step)s")
        if detail.get("option") is not None:
            text = _("Answer %(option)s in the menu, next question: %(step)s")
        return text % detail
    key, sentences = _DETAILED.get(facts.kind, ("", {}))
    sentence = sentences.get(detail.get(key))
    return None if sentence is None else str(sentence) % detail
