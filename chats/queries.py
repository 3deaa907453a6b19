"""Conversations as they are read: static statements, rows to plain dicts, no ORM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from areas.sight import Sight
from chats.attachments import FileLink
from contacts.models import Contact, public_id
from contacts.queries import AS_TIME
from contacts.rows import COLUMNS, contact_of

Shape = dict[str, Any]

# What `message_shape` takes. Only what is no text can have a file.
MESSAGE_COLUMNS = f"""m.uuid::text, m.direction, m.type, m.content, m.url, m.sender,
       m.status, m.error, {AS_TIME.format("m.created_at")},
       CASE WHEN m.type <> 'text' THEN
         (SELECT a.uuid::text FROM chats_attachment a WHERE a.message_id = m.id) END"""  # noqa: S608 - of a column

# POST chat/message. Backwards, so that a window reads its newest and no more:
# `messages_of_chat`.
_OF_CHAT = f"""
SELECT {MESSAGE_COLUMNS}
  FROM chats_message m
 WHERE m.chat_id = %(chat)s AND m.id > %(after)s AND m.id < %(before)s
 ORDER BY m.id DESC LIMIT %(limit)s
"""  # noqa: S608 - of columns

# The same with the closed chats.
_OF_CONTACT = f"""
SELECT {MESSAGE_COLUMNS}
  FROM chats_message m
 WHERE m.chat_id = ANY(ARRAY(SELECT id FROM chats_chat WHERE contact_id = %(contact)s))
   AND m.id > %(after)s AND m.id < %(before)s
 ORDER BY m.id DESC LIMIT %(limit)s
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

# In one round trip: the operator whom a call says, whoever bears one of the
# contact's names (in that operator's manager, and the one of a number or page that
# is said), and their open chats. A row without a contact tells of the operator alone.
_CONVERSATIONS = f"""
SELECT o.id, o.name, o.areas, h.id, h.protocol, {COLUMNS}
  FROM (SELECT 1) AS once
  LEFT JOIN (
    SELECT p.id, p.name, p.manager_id,
           ARRAY(SELECT s.area_id FROM areas_operatorarea s
                  WHERE s.operator_id = p.id) AS areas
      FROM areas_operator p
     WHERE p.id = %(operator)s AND p.is_active
       AND (%(managers)s::bigint[] IS NULL
            OR p.manager_id = ANY(%(managers)s::bigint[]))) o ON true
  LEFT JOIN (
    SELECT DISTINCT i.contact_id, i.manager_id
      FROM contacts_identity i
     WHERE i.alias = ANY(%(aliases)s::text[])
       AND (i.channel = 'whatsapp' AND i.alias = ANY(%(whatsapp)s::text[])
            OR i.channel = 'facebook' AND i.alias = %(facebook)s)
       AND (%(managers)s::bigint[] IS NULL
            OR i.manager_id = ANY(%(managers)s::bigint[]))
       AND (%(number)s::bigint IS NULL OR i.manager_id = (
            SELECT m.id FROM managers_manager m WHERE m.number = %(number)s))
       AND (%(page)s::text IS NULL OR i.manager_id = (
            SELECT m.id FROM managers_manager m WHERE m.facebook_id = %(page)s))) n
    ON o.id IS NULL OR n.manager_id = o.manager_id
  LEFT JOIN contacts_contact c ON c.id = n.contact_id AND c.deleted_at IS NULL
  LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
"""  # noqa: S608 - of columns

_FIRST, _LAST = 0, 2**63 - 1


@dataclass(frozen=True, slots=True)
class Conversation:
    """A contact with its open chat, None where none is open."""

    contact: Contact
    chat_id: int | None
    protocol: str | None


def conversations(
    *,
    managers: frozenset[int] | None,
    operator_id: int,
    whatsapp: list[str],
    facebook: str | None,
    number: int | None = None,
    page: str | None = None,
) -> tuple[Sight | None, list[Conversation]]:
    """The operator said and every conversation that fits, for the rule to judge.

    `whatsapp` and `facebook` are the contact's names on either channel. Among those
    managers (None: all).
    """
    values: dict[str, Any] = {
        "managers": None if managers is None else list(managers),
        "operator": operator_id,
        "aliases": whatsapp if facebook is None else [*whatsapp, facebook],
        "whatsapp": whatsapp,
        "facebook": facebook,
        "number": number,
        "page": page,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CONVERSATIONS, values)
        rows = cursor.fetchall()
    operator_id, name, areas = rows[0][:3]
    sight = None
    if operator_id is not None:
        sight = Sight(operator_id, name, frozenset(areas))
    return sight, [
        Conversation(contact_of(columns), chat_id, protocol)
        for _, _, _, chat_id, protocol, *columns in rows
        if columns[0] is not None
    ]


def open_chat_of(contact_id: int) -> tuple[int, str] | None:
    """The id and protocol of the contact's open chat."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_CHAT, [contact_id])
        row: tuple[int, str] | None = cursor.fetchone()
    return row


def places(contact_id: int, uuids: list[UUID]) -> dict[UUID, int]:
    """Where those messages of the contact stand; unknown ones are left out."""
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
) -> list[Shape]:
    """The chat's messages, oldest first; those of all its chats without a chat."""
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
    return [message_shape(row, contact_id) for row in reversed(rows)]


def message_of_reference(manager_id: int, reference: str) -> Shape | None:
    """The message that bears that id, ours or the gateway's."""
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


def as_uuid(reference: str) -> UUID | None:
    """The reference as an id of ours, None when it cannot be one."""
    try:
        return UUID(reference) if len(reference) == 36 else None
    except ValueError:
        return None


def message_shape(row: Any, contact_id: int | str) -> Shape:
    """The contract's message from a row of MESSAGE_COLUMNS."""
    uuid, direction, kind, content, url, sender, status, error, created_at, file = row
    shape = {
        "content": content,
        "type": kind,
        "from": sender or contact_id,
        "status": status,
        "id": uuid,
        "createdAt": created_at,
        "direction": direction,
    }
    if kind != "text":
        shape["url"] = FileLink(file) if file else url
    if error:
        shape["error"] = error
    return shape
