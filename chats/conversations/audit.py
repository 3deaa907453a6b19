"""Who did what to a chat, when, in which area: written once, never changed."""

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
# In the order in which they are said; nothing where no chat is open.
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
    """Who does something: a credential, and the operator as whom it acts (or None)."""

    credential: str
    operator_id: int | None = None


def actor_of(caller: Caller) -> Actor:
    """The caller for himself: an operator's session acts as that operator."""
    return Actor(caller.credential, caller.operator)


def act_as(caller: Caller, operator_id: int) -> Actor:
    """The caller in the name of the operator whom the call says.

    Raises ForbiddenError for an operator's session that says another, or nobody.
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
    """A line of that chat, with its area and operator as they are after it."""
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
    """A line of each kind in the open chats of contacts that have just changed.

    Area and operator are read off the contacts, which this transaction holds.
    Answers how many lines that made: 0 where no chat is open.
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
