"""Queries for conversations: static SQL and rows as plain dicts, without the ORM."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from areas.operators import OperatorScope
from chats.conversations.message_rows import (
    MESSAGE_COLUMNS,
    Shape,
    message_shape,
    message_shapes,
)
from chats.models import Message
from contacts.lookup import NAMED, ContactRefValues, is_visible
from contacts.manager_ref import ManagerRef, manager_match
from contacts.models import Contact, public_id
from contacts.row_mapper import COLUMNS, NAMES, contact_of
from hci_center.callers import Caller

# A chat's newest messages within bounds, read backwards up to the limit. Chat and id
# are compared as a row: by id alone the planner may prefer to scan the messages of all
# chats until it has found enough. The limit is hidden from the planner: if it exceeded
# the estimated length of the chat, the whole chat would be read and sorted.
_NEWEST = """
 WHERE (m.chat_id, m.id) > ({chat}, %(after)s) AND (m.chat_id, m.id) < ({chat}, %(before)s)
 ORDER BY m.chat_id DESC, m.id DESC LIMIT (SELECT %(limit)s::bigint)"""

# POST chat/message.
_OF_CHAT = f"""
SELECT {MESSAGE_COLUMNS} FROM chats_message m {_NEWEST.format(chat="%(chat)s")}
"""  # noqa: S608 - of columns

# The same for all chats of the contact, each with the protocol of its chat.
_OF_CONTACT = f"""
SELECT {MESSAGE_COLUMNS}, newest.protocol
  FROM (SELECT recent.id, h.protocol FROM chats_chat h, LATERAL (
          SELECT m.id FROM chats_message m {_NEWEST.format(chat="h.id")}) recent
         WHERE h.contact_id = %(contact)s ORDER BY recent.id DESC LIMIT %(limit)s) newest
  JOIN chats_message m ON m.id = newest.id
 ORDER BY m.id DESC
"""  # noqa: S608 - of columns

_PLACES = """
SELECT uuid, id FROM chats_message WHERE uuid = ANY(%s) AND contact_id = %s
"""

# By our id or by the gateway's, within a manager.
_OF_REFERENCE = f"""
SELECT c.channel, c.external_id, {MESSAGE_COLUMNS}
  FROM chats_message m JOIN contacts_contact c ON c.id = m.contact_id
 WHERE m.manager_id = %(manager)s
   AND (m.gateway_id = %(reference)s OR m.uuid = %(uuid)s::uuid)
"""  # noqa: S608 - of columns

_OPEN_CHAT = """
SELECT id, protocol FROM chats_chat WHERE contact_id = %s AND closed_at IS NULL
"""

# In one round trip: all contacts with one of the aliases, with their open chats and the
# operator that the call names. Permissions are checked in Python: few contacts share an
# alias.
_CONVERSATIONS = f"""
SELECT o.id, o.name, o.manager_id,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id),
       h.id, {COLUMNS}
  FROM contacts_identity i
  JOIN contacts_contact c ON c.id = i.contact_id AND c.deleted_at IS NULL
  LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
  LEFT JOIN areas_operator o ON o.id = %(operator)s AND o.is_active
 WHERE {NAMED}
"""  # noqa: S608 - of columns
_OF_MANAGER = " AND c.manager_id = (SELECT m.id FROM managers_manager m WHERE {})"
# The same with the messages of those chats, which saves a second round trip (a seventh
# of the time of a read). Each conversation is a row with JSON in the content column and
# no id; the rows of messages follow. An extra column would cost a tenth of the time of
# reading 10,000 messages.
_FOUND = ", ".join(["o_id", "o_name", "o_manager_id", "o_areas", "chat_id", *NAMES])
_CONVERSATIONS_READ = f"""
WITH found ({_FOUND}) AS MATERIALIZED ({_CONVERSATIONS}{{of_manager}})
SELECT NULL, NULL, NULL, json_build_array({_FOUND})::text,
       {", ".join(["NULL"] * 6)}
  FROM found
UNION ALL
SELECT recent.* FROM found, LATERAL (
  SELECT {MESSAGE_COLUMNS} FROM chats_message m
  {_NEWEST.format(chat="found.chat_id")}) recent
"""  # noqa: S608 - of columns
# Used if no contact has the alias.
_OPERATOR = """
SELECT o.id, o.name, o.manager_id,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o WHERE o.id = %(operator)s AND o.is_active
"""

_FIRST, _LAST = 0, 2**63 - 1
_EVERYTHING = {"after": _FIRST, "before": _LAST}


@dataclass(frozen=True, slots=True)
class Conversation:
    """A contact with the id of its open chat, or None if none is open."""

    contact: Contact
    chat_id: int | None


def find_conversations(
    caller: Caller, named: ContactRefValues, names: ManagerRef, operator_id: int
) -> tuple[OperatorScope | None, list[Conversation]]:
    """Returns the operator and the conversations with that alias the caller may see.

    Only conversations of the operator's manager are returned. The operator is None if
    the caller has no access to an operator with that id.
    """
    values: dict[str, Any] = {**named, **names, "operator": operator_id}
    with connection.cursor() as cursor:
        cursor.execute(_CONVERSATIONS + _within(names), values)
        return _authorized(caller, operator_id, cursor.fetchall())


def read_conversations(
    caller: Caller,
    named: ContactRefValues,
    names: ManagerRef,
    operator_id: int,
    limit: int | None,
) -> tuple[OperatorScope | None, list[Conversation], list[Any] | None]:
    """Returns `find_conversations` and the newest messages of the open chat.

    The messages are rows for `message_shapes`, or None if more than one contact has
    the alias.
    """
    values: dict[str, Any] = {**named, **names, "operator": operator_id}
    with connection.cursor() as cursor:
        statement = _CONVERSATIONS_READ.format(of_manager=_within(names))
        cursor.execute(statement, values | _EVERYTHING | {"limit": limit})
        rows = cursor.fetchall()
    headers = list(takewhile(_is_conversation, rows))
    messages = rows[1:] if len(headers) == 1 else None
    conversations = [orjson.loads(row[3]) for row in headers]
    return *_authorized(caller, operator_id, conversations), messages


def _is_conversation(row: Any) -> bool:
    return row[0] is None


def _within(names: ManagerRef) -> str:
    return _OF_MANAGER.format(manager_match(names)) if names else ""


def _authorized(
    caller: Caller, operator_id: int, rows: list[Any]
) -> tuple[OperatorScope | None, list[Conversation]]:
    operator = rows[0][:4] if rows else None
    if operator is None and operator_id:
        with connection.cursor() as cursor:
            cursor.execute(_OPERATOR, {"operator": operator_id})
            operator = cursor.fetchone()
    scope, manager_id = None, 0
    if operator is not None and operator[0] and caller.reaches(operator[2]):
        operator_id, name, manager_id, areas = operator
        scope = OperatorScope(operator_id, name, frozenset(areas))
    found: dict[int, Conversation] = {}
    for _, _, _, _, chat_id, *columns in rows:
        contact = contact_of(columns)
        if is_visible(contact, caller) and (
            scope is None or contact.manager_id == manager_id
        ):
            found[contact.pk] = Conversation(contact, chat_id)
    return scope, list(found.values())


def open_chat_of(contact_id: int) -> tuple[int, str] | None:
    """Returns the id and protocol of the contact's open chat, or None."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_CHAT, [contact_id])
        row: tuple[int, str] | None = cursor.fetchone()
    return row


def conversation_refs(contact_id: int, uuids: list[UUID]) -> dict[UUID, int]:
    """Returns the database ids of the contact's messages by uuid.

    Unknown uuids are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [uuids, contact_id])
        return dict(cursor.fetchall())


def messages_of_chat(
    contact: Contact,
    chat_id: int | None,
    *,
    after: int = _FIRST,
    before: int = _LAST,
    limit: int | None = None,
    with_protocols: bool = False,
) -> list[Shape]:
    """Returns messages of the chat, or of all the contact's chats, oldest first.

    `chat_id` None selects all chats; `with_protocols` then adds to each message the
    protocol of its chat. `after` and `before` are message ids; the newest `limit`
    messages between them are returned.
    """
    values: dict[str, Any] = {
        "chat": chat_id,
        "contact": contact.pk,
        "after": after,
        "before": before,
        "limit": limit,
    }
    statement = _OF_CONTACT if chat_id is None else _OF_CHAT
    contact_id = contact.public_id
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    if chat_id is not None:
        return message_shapes(rows, contact_id)
    shapes = message_shapes([row[:-1] for row in rows], contact_id)
    if with_protocols:
        for shape, row in zip(shapes, reversed(rows), strict=True):
            shape["protocol"] = row[-1]
    return shapes


def message_of_reference(manager_id: int, reference: str) -> Shape | None:
    """Returns the message with that id, ours or the gateway's, or None."""
    values: dict[str, Any] = {
        "manager": manager_id,
        "reference": reference,
        "uuid": as_uuid(reference),
    }
    with connection.cursor() as cursor:
        cursor.execute(_OF_REFERENCE, values)
        row = cursor.fetchone()
    if row is None:
        return None
    return message_shape(row[2:], public_id(row[0], row[1]))


def owners_of_message(message_id: str) -> tuple[int, int]:
    """Returns the manager's and contact's ids of the message with that uuid."""
    found = Message.objects.filter(uuid=message_id)
    return found.values_list("manager_id", "contact_id").get()


def as_uuid(reference: str) -> UUID | None:
    """Parses the reference as a uuid; None if it is not one."""
    try:
        return UUID(reference) if len(reference) == 36 else None
    except ValueError:
        return None
