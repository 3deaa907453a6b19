"""Records chat events: who did what to a chat, when and in which area. Append-only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from chats.models import Chat
from hci_center.callers import Caller
from hci_center.errors import ForbiddenError

# The version of the hours that is in force for an area, else for its manager.
SCHEDULE = """coalesce(
         (SELECT a.schedule_id FROM areas_area a WHERE a.id = {row}.area_id),
         (SELECT m.schedule_id FROM managers_manager m WHERE m.id = {row}.manager_id))"""
INSERT = """INSERT INTO chats_chatevent
       (manager_id, chat_id, kind, at, area_id, operator_id, actor, acting_operator_id,
        cause, sa, schedule_id, detail)"""
_RECORD = f"""
{INSERT}
SELECT e.manager_id, e.chat_id, %(kind)s, clock_timestamp(), e.area_id, e.operator_id,
       %(actor)s, %(acting)s::bigint, %(cause)s, e.sa, {SCHEDULE.format(row="e")},
       %(detail)s::jsonb
  FROM (VALUES (%(manager)s::bigint, %(chat)s::bigint, %(area)s::bigint,
                %(operator)s::bigint, %(sa)s::bigint))
       AS e (manager_id, chat_id, area_id, operator_id, sa)
"""  # noqa: S608 - of columns
# In the order of the given kinds; inserts nothing if no chat is open. Sub-selects hide the
# parameters from the planner, which would plan for their values anew each time.
_RECORD_IN_OPEN_CHATS = f"""
{INSERT}
SELECT h.manager_id, h.id, said.kind, clock_timestamp(), c.area_id, c.operator_id,
       %(actor)s, %(acting)s::bigint, said.cause, c.sa, {SCHEDULE.format(row="c")},
       %(detail)s::jsonb
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id,
       unnest((SELECT %(kinds)s::text[]), (SELECT %(causes)s::text[]))
         WITH ORDINALITY AS said (kind, cause, place)
 WHERE h.contact_id = ANY(ARRAY(SELECT unnest(%(contacts)s::bigint[])))
   AND h.closed_at IS NULL
 ORDER BY h.id, said.place
RETURNING id
"""  # noqa: S608 - of columns


class Entry(NamedTuple):
    """The content of a ledger line: a kind, and a cause if the kind has several."""

    kind: str
    cause: str = ""


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
    sa: int | None,
    cause: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Inserts an event of the chat, with the area and operator after the change.

    `detail` holds codes and ids, never text.
    """
    values: dict[str, Any] = {
        "manager": chat.manager_id,
        "chat": chat.pk,
        "kind": kind,
        "area": area_id,
        "operator": operator_id,
        "actor": actor.credential,
        "acting": actor.operator_id,
        "cause": cause,
        "sa": sa,
        "detail": None if detail is None else json.dumps(detail),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)


def record_in_open_chats(
    contact_ids: Sequence[int],
    entries: Sequence[Entry],
    *,
    actor: Actor,
    detail: dict[str, Any] | None = None,
) -> list[int]:
    """Inserts each entry for the open chats of contacts that just changed.

    Area, operator and step are read from the contacts, which the transaction must have
    locked. `detail` holds codes and ids, never text. Returns the ids of the events,
    none if no chat is open.
    """
    values: dict[str, Any] = {
        "actor": actor.credential,
        "acting": actor.operator_id,
        "kinds": [entry.kind for entry in entries],
        "causes": [entry.cause for entry in entries],
        "detail": None if detail is None else json.dumps(detail),
        "contacts": list(contact_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_IN_OPEN_CHATS, values)
        return [event_id for (event_id,) in cursor.fetchall()]
