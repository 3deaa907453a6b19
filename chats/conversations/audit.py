"""Records chat events: who did what to a chat, when and in which area. Append-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chats.models import Chat
from hci_center.callers import Caller
from hci_center.errors import ForbiddenError

_RECORD = """
INSERT INTO chats_chatevent
       (manager_id, chat_id, kind, at, area_id, operator_id, actor, acting_operator_id)
VALUES (%s, %s, %s, clock_timestamp(), %s, %s, %s, %s)
"""
# In the order of the given kinds; inserts nothing if no chat is open.
_RECORD_IN_OPEN_CHATS = """
INSERT INTO chats_chatevent
       (manager_id, chat_id, kind, at, area_id, operator_id, actor, acting_operator_id)
SELECT h.manager_id, h.id, said.kind, clock_timestamp(), c.area_id, c.operator_id,
       %s, %s
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id,
       unnest(%s::text[]) WITH ORDINALITY AS said (kind, place)
 WHERE h.contact_id = ANY(%s::bigint[]) AND h.closed_at IS NULL
 ORDER BY h.id, said.place
"""


@dataclass(frozen=True, slots=True)
class Actor:
    """The credential of an action and the operator it acts as, or None."""

    credential: str
    operator_id: int | None = None


def actor_of(caller: Caller) -> Actor:
    """Returns the caller as an actor; an operator's login session acts as him."""
    return Actor(caller.credential, caller.operator)


def act_as(caller: Caller, operator_id: int) -> Actor:
    """Returns the actor for a caller that acts as the given operator (0: as nobody).

    Raises ForbiddenError if an operator's login session names another operator or
    none.
    """
    if caller.role == "operator" and operator_id != caller.operator:
        raise ForbiddenError
    return Actor(caller.credential, operator_id or None)


def record(
    chat: Chat,
    kind: str,
    *,
    actor: Actor,
    area_id: int | None,
    operator_id: int | None,
) -> None:
    """Inserts an event of the chat, with the area and operator after the change."""
    values: list[Any] = [
        chat.manager_id,
        chat.pk,
        kind,
        area_id,
        operator_id,
        actor.credential,
        actor.operator_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)


def record_in_open_chats(
    contact_ids: Sequence[int], kinds: Sequence[str], *, actor: Actor
) -> int:
    """Inserts an event of each kind for the open chats of contacts that just changed.

    Area and operator are read from the contacts, which the transaction must have
    locked. Returns the number of events: 0 if no chat is open.
    """
    values: list[Any] = [
        actor.credential,
        actor.operator_id,
        list(kinds),
        list(contact_ids),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_IN_OPEN_CHATS, values)
        return int(cursor.rowcount)
