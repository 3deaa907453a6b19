"""Reassigns contacts when their operators leave, or their area is retired.

Affected contacts are locked when they are read, so that nobody claims or moves them
before they are reassigned; see `chats.conversations.lifecycle` for the lock order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from chats.conversations.audit import Actor, Entry, record_in_open_chats
from chats.models import ChatEvent
from hci_center.errors import AreaNotFoundError, OperatorNotFoundError

# In a fixed order, so that concurrent changes are serialized.
_LOCK_OPERATORS = """
SELECT o.id FROM areas_operator o
 WHERE o.id = ANY(%s::bigint[]) ORDER BY o.id FOR NO KEY UPDATE
"""
_AFFECTED = """
SELECT c.id, c.manager_id, c.area_id, c.operator_id, h.id, c.waiting_since, c.queued_at
  FROM contacts_contact c
  LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
 WHERE c.deleted_at IS NULL AND {which}
 ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_HELD_BY = _AFFECTED.format(which="c.operator_id = ANY(%s::bigint[])")
# Waiting contacts: with an open chat and without an operator.
_WAITING_IN = _AFFECTED.format(
    which="c.area_id = ANY(%s::bigint[]) AND c.operator_id IS NULL AND h.id IS NOT NULL"
)
_WAITING_NOWHERE = _AFFECTED.format(
    which="c.manager_id = ANY(%s::bigint[]) AND c.area_id IS NULL"
    " AND c.operator_id IS NULL AND h.id IS NOT NULL"
)
_ACTIVE_IN = _AFFECTED.format(
    which="c.area_id = ANY(%s::bigint[])"
    " AND (c.operator_id IS NOT NULL OR h.id IS NOT NULL)"
)
# The contact keeps its place: it has been waiting since its first unanswered message.
_RELEASE = """
UPDATE contacts_contact
   SET operator_id = NULL, queued_at = coalesce(waiting_since, clock_timestamp())
 WHERE id = ANY(%(contacts)s::bigint[])
"""
_GIVE = """
UPDATE contacts_contact SET operator_id = %(operator)s
 WHERE id = ANY(%(contacts)s::bigint[])
   AND EXISTS (SELECT FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
                WHERE o.id = %(operator)s AND o.is_active AND u.is_active)
"""
# The contact keeps its operator if he is active and serves the area.
_MOVE = """
UPDATE contacts_contact c
   SET area_id = %(area)s, queued_at = clock_timestamp(),
       operator_id = (SELECT s.operator_id FROM areas_operatorarea s
                        JOIN areas_operator o ON o.id = s.operator_id AND o.is_active
                       WHERE s.operator_id = c.operator_id AND s.area_id = %(area)s)
 WHERE c.id = ANY(%(contacts)s::bigint[])
RETURNING c.id, c.operator_id
"""
_LOCK_AREA = """
SELECT a.id FROM areas_area a WHERE a.id = %s FOR KEY SHARE
"""


class Affected(NamedTuple):
    """A locked contact; `chat_id` is its open chat's, None if none is open."""

    contact_id: int
    manager_id: int
    area_id: int | None
    operator_id: int | None
    chat_id: int | None
    waiting_since: datetime | None
    queued_at: datetime | None


@dataclass(frozen=True, slots=True)
class Home:
    """The new home of contacts: the queue of their area, an operator, or another area.

    Neither: they stay unchanged, and unserved ones have no home, by choice.
    """

    to_queue: bool = False
    operator_id: int | None = None
    area_id: int | None = None

    @property
    def stays(self) -> bool:
        return not (self.to_queue or self.operator_id or self.area_id)


STAY = Home()
QUEUE = Home(to_queue=True)


def lock_operators(operator_ids: Iterable[int]) -> None:
    """Locks operators who leave or receive contacts, before any contact."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_OPERATORS, [sorted(set(operator_ids))])


def lock_held_by(operator_ids: Sequence[int]) -> list[Affected]:
    """Locks and returns all contacts of the operators."""
    return _lock(_HELD_BY, operator_ids)


def lock_waiting_in(area_ids: Sequence[int]) -> list[Affected]:
    """Locks and returns the contacts that wait in these areas."""
    return _lock(_WAITING_IN, area_ids)


def lock_waiting_nowhere(manager_ids: Sequence[int]) -> list[Affected]:
    """Locks and returns the managers' contacts that wait without an area."""
    return _lock(_WAITING_NOWHERE, manager_ids)


def lock_of_area(area_id: int) -> list[Affected]:
    """Locks and returns the area's contacts with an operator or an open chat."""
    return _lock(_ACTIVE_IN, [area_id])


def rehome(
    affected: Sequence[Affected], home: Home, *, actor: Actor, left: str
) -> list[int]:
    """Moves locked contacts to their home; returns the ids of the ledger lines.

    `left` is the cause of a release to a queue. Raises OperatorNotFoundError if the
    operator is no longer active, AreaNotFoundError if the area no longer exists.
    """
    contact_ids = [each.contact_id for each in affected]
    if home.stays or not contact_ids:
        return []
    if home.area_id is not None:
        return _move(affected, home.area_id, actor=actor, left=left)
    values: dict[str, Any] = {"contacts": contact_ids, "operator": home.operator_id}
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE if home.to_queue else _GIVE, values)
        if not cursor.rowcount:
            raise OperatorNotFoundError
    entry = Entry(ChatEvent.Kind.TRANSFERRED, ChatEvent.Cause.REHOME)
    if home.to_queue:
        entry = Entry(ChatEvent.Kind.RELEASED, left)
    return record_in_open_chats(contact_ids, [entry], actor=actor)


def _move(
    affected: Sequence[Affected], area_id: int, *, actor: Actor, left: str
) -> list[int]:
    contact_ids = [each.contact_id for each in affected]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AREA, [area_id])
        if cursor.fetchone() is None:
            raise AreaNotFoundError
        cursor.execute(_MOVE, {"area": area_id, "contacts": contact_ids})
        holders: dict[int, int | None] = dict(cursor.fetchall())
    entered = Entry(ChatEvent.Kind.ENTERED_AREA, ChatEvent.Cause.REHOME)
    released = Entry(ChatEvent.Kind.RELEASED, left)
    lost = {
        each.contact_id
        for each in affected
        if each.operator_id is not None and holders[each.contact_id] is None
    }
    kept = [each for each in contact_ids if each not in lost]
    return [
        *record_in_open_chats(kept, [entered], actor=actor),
        *record_in_open_chats(sorted(lost), [entered, released], actor=actor),
    ]


def _lock(statement: str, ids: Sequence[int]) -> list[Affected]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(ids)])
        return [Affected(*row) for row in cursor.fetchall()]
