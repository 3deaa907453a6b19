"""The filters of the list of chats, as conditions on `chats_chat h` and `c`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from chats.inbox.line import QUEUED_AT
from chats.inbox.scope import Scope, find_areas
from chats.inbox.search import text_condition
from contacts.manager_ref import ManagerRef

_HELD = "c.operator_id IS NOT NULL"
_IN_MENU = "EXISTS (SELECT FROM chats_menustate s WHERE s.chat_id = h.id)"
_MINE = "c.operator_id = %(mine)s"
# The open chats of each filter; `chats.inbox.line.STATE` is the same for one chat.
OPEN_STATES = {
    "open": "TRUE",
    "menu": f"c.operator_id IS NULL AND {_IN_MENU}",
    "waiting": f"c.operator_id IS NULL AND NOT {_IN_MENU}",
    "serving": f"{_HELD} AND c.waiting_since IS NOT NULL",
    "answered": f"{_HELD} AND c.waiting_since IS NULL",
    "mine": _MINE,
    "mineAnswered": f"{_MINE} AND c.waiting_since IS NULL",
}
STATES = (*OPEN_STATES, "closed", "all")
OF_AN_OPERATOR = ("mine", "mineAnswered")
# The longest waiting come first; all others are sorted by the latest.
WAITING_FOR = {"waiting": QUEUED_AT, "serving": "c.waiting_since"}
LATEST = "coalesce(c.last_message_at, h.opened_at)"

_TAGGED = """EXISTS (
    SELECT FROM contacts_tagging x JOIN contacts_tag t ON t.id = x.tag_id
     WHERE x.contact_id = c.id AND t.code = %(tag)s)"""

# The contacts with the tag, one by one: they are few.
TAGGED = """contacts_tag t JOIN contacts_tagging x ON x.tag_id = t.id AND t.code = %(tag)s
  CROSS JOIN LATERAL (
    SELECT k.id, k.manager_id, k.channel, k.area_id, k.operator_id, k.deleted_at
      FROM contacts_contact k WHERE k.id = x.contact_id OFFSET 0) c"""


@dataclass(frozen=True, slots=True)
class ListRequest:
    """The filters and the page of a list.

    `area` "" means contacts without an area. `operator_id` None: whatever the caller
    can see.
    """

    manager: ManagerRef
    operator_id: int | None = None
    state: str = "open"
    area: str | None = None
    tag: str | None = None
    channel: str | None = None
    text: str | None = None
    words: str | None = None
    limit: int = 50
    after: str | None = None
    counts: bool = False
    feed_counts: bool = False

    @property
    def filters(self) -> str:
        """Everything that an `after` cursor depends on, as one text."""
        beside = ("limit", "after", "counts", "feed_counts")
        return repr(
            [getattr(self, f.name) for f in fields(self) if f.name not in beside]
        )


def filters_of(scope: Scope, request: ListRequest) -> tuple[list[str], dict[str, Any]]:
    """Returns the conditions of all filters except the state, and their parameters.

    Raises the errors of `find_areas`.
    """
    values = scope.parameters()
    if scope.operator is not None:
        values["mine"] = scope.operator.operator_id
    if request.area:
        values["areas"] = find_areas(scope, request.area)
    values |= {"tag": request.tag, "channel": request.channel}
    conditions = [scope.condition, *_of_contacts(request)]
    if request.text is not None:
        condition, found = text_condition(request.text, scope.managers)
        conditions.append(condition)
        values |= found
    return conditions, values


def contact_conditions(scope: Scope, request: ListRequest) -> str | None:
    """Returns the conditions on `c`; None if they exclude hardly any contact.

    If the request has a tag, for the contacts in TAGGED.
    """
    conditions = _of_contacts(request)
    if scope.operator is None and not conditions:
        return None
    if request.tag is not None:  # already in TAGGED
        conditions.remove(_TAGGED)
    return " AND ".join([scope.condition, *conditions])


def _of_contacts(request: ListRequest) -> list[str]:
    conditions = []
    if request.area == "":
        conditions.append("c.area_id IS NULL")
    elif request.area is not None:
        conditions.append("c.area_id = ANY(%(areas)s::bigint[])")
    if request.tag is not None:
        conditions.append(_TAGGED)
    if request.channel is not None:
        conditions.append("c.channel = %(channel)s")
    return conditions


def state_condition(state: str) -> str:
    """Returns the condition for a state, including states of closed chats."""
    if state == "all":
        return "TRUE"
    if state == "closed":
        return "h.closed_at IS NOT NULL"
    return f"h.closed_at IS NULL AND {OPEN_STATES[state]}"
