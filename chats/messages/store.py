"""Stores incoming and outgoing messages in the open chat of their contact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat_of_locked
from chats.conversations.message_details import Details, as_json
from chats.conversations.message_rows import Shape, extras_text, message_shape
from chats.files.storage import attach
from chats.messages.changes import find_quoted
from chats.messages.targets import Target
from chats.models import Attachment
from contacts.models import Contact, public_id
from contacts.queries import AS_TIME
from hci_center.errors import InvalidError
from hci_center.logs.context import bind

# The documented content of a message that is a file.
FILE_CONTENT = "Arquivo em anexo"

_INTO = """INSERT INTO chats_message AS m
       (manager_id, contact_id, chat_id, uuid, direction, type, content, url, sender,
        status, error, gateway_id, created_at, details, auto)"""
_STATED = """%(uuid)s, %(direction)s, %(type)s, %(content)s, %(url)s, %(sender)s,
       %(status)s, '', %(gateway_id)s, %(created_at)s, %(details)s::jsonb, %(auto)s"""

# Inserts no row if no chat is open. The contact is locked, so the chat cannot change.
_INSERT = f"""
{_INTO}
SELECT h.manager_id, h.contact_id, h.id, {_STATED}
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND h.closed_at IS NULL
RETURNING m.id, {AS_TIME.format("m.created_at")}, m.chat_id
"""  # noqa: S608 - of columns
# Into that chat, even if it is closed.
_INSERT_INTO = f"""
{_INTO}
SELECT h.manager_id, h.contact_id, h.id, {_STATED}
  FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND h.id = %(chat)s
RETURNING m.id, {AS_TIME.format("m.created_at")}, m.chat_id
"""  # noqa: S608 - of columns

# Like `chats.rules.tasks.schedule` with `soonest`.
TASK_AGAIN = """ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
     SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
         lease_until = NULL, failures = 0"""

# The usual case of an incoming message as one statement instead of four: a third of the
# time of an inbound call. It reads one snapshot without locks, so it writes only if the
# contact is still the row version it saw (opening or closing a chat, moving or deleting
# a contact updates that row first). Otherwise it returns no row.
_AT_ONCE = f"""
WITH account AS MATERIALIZED (
  SELECT m.id, m.has_automation FROM managers_manager m WHERE {{manager}}
), seen AS (
  SELECT c.id, c.xmin AS version, h.id AS chat_id
    FROM {{source}}
    JOIN contacts_contact c ON c.id = i.contact_id AND c.deleted_at IS NULL
    JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
   WHERE i.manager_id = (SELECT id FROM account)
     AND i.channel = %(channel)s AND {{match}} {{unless}}
   LIMIT 1
), counted AS (
  UPDATE contacts_contact c
     SET unread = c.unread + 1,
         last_message_at = greatest(c.last_message_at, %(created_at)s),
         last_in_at = greatest(c.last_in_at, %(created_at)s),
         waiting_since = coalesce(c.waiting_since, clock_timestamp())
    FROM seen WHERE c.id = seen.id AND c.xmin = seen.version
  RETURNING c.id, c.manager_id, c.external_id, seen.chat_id
), stored AS (
  {_INTO}
  SELECT n.manager_id, n.id, n.chat_id, {_STATED} FROM counted n
  RETURNING m.id, {AS_TIME.format("m.created_at")} AS at, m.chat_id, m.manager_id
), asked AS (
  INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
  SELECT n.manager_id, 'inbound', n.id, clock_timestamp()
    FROM counted n, account WHERE account.has_automation
  {TASK_AGAIN}
)
SELECT stored.at, counted.external_id, stored.id, stored.chat_id, stored.manager_id
  FROM stored, counted
"""  # noqa: S608 - of columns
_UNLESS_KNOWN = """
     AND NOT EXISTS (SELECT FROM chats_message x
                      WHERE x.manager_id = i.manager_id
                        AND x.gateway_id = %(gateway_id)s)"""


@dataclass(frozen=True, slots=True)
class LockedContact:
    """The fields for storing a message of a contact that the transaction has locked."""

    id: int
    manager_id: int
    channel: str
    external_id: str


@dataclass(slots=True)
class NewMessage:
    """A message that is not stored yet.

    `sender` is "" for the contact itself.
    """

    direction: str
    type: str
    content: str
    status: str
    sender: str = ""
    url: str = ""
    gateway_id: str | None = None
    created_at: datetime | None = None
    details: Details | None = None
    # Its automatic sender, if not sent by a person (`chats.models.Auto`).
    auto: str = ""


# The id of the chat for a message of a contact that has none open; None opens one.
Place = Callable[[], int | None]


@dataclass(frozen=True, slots=True)
class StoredValues:
    """The uuid, formatted time and file of a stored message."""

    uuid: UUID
    at: str
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A stored message with its database id, uuid and API representation."""

    id: int
    uuid: UUID
    shape: Shape


def quote(contact: LockedContact, draft: NewMessage, reference: str) -> None:
    """Sets the quoted message of a draft, by our id or the gateway's; "" sets none.

    Raises InvalidError if it is not the contact's.
    """
    if not reference:
        return
    quoted = find_quoted(contact.manager_id, contact.id, reference)
    if quoted is None:
        raise InvalidError({"replyTo": [_("There is no such message.")]})
    draft.details = {**(draft.details or {}), "replyTo": quoted}


def store(
    contact: LockedContact,
    draft: NewMessage,
    attachment: Attachment | None,
    *,
    actor: Actor,
    place: Place | None = None,
) -> StoredMessage:
    """Appends the message to the contact's open chat, opening one if none is open.

    If none is open, `place` may name another chat of the contact. The transaction must
    have locked the contact. Raises IntegrityError if the manager already has a message
    with that gateway id.
    """
    uuid = uuid4()
    values = {**_values(uuid, draft), "contact": contact.id}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        row = cursor.fetchone()
        if row is None:
            chat_id = None if place is None else place()
            if chat_id is None:
                open_chat_of_locked(Contact(pk=contact.id), actor=actor)
                cursor.execute(_INSERT, values)
            else:
                # `place` may have changed the draft.
                values |= _values(uuid, draft)
                cursor.execute(_INSERT_INTO, {**values, "chat": chat_id})
            row = cursor.fetchone()
    message_id, created_at, stored_in = row
    bind(manager_id=contact.manager_id, chat_id=stored_in, message_id=message_id)
    attach(attachment, message_id)
    written = StoredValues(uuid, created_at, attachment)
    shape = _shape(draft, written, public_id(contact.channel, contact.external_id))
    return StoredMessage(message_id, uuid, shape)


def insert_fast_path(target: Target, draft: NewMessage) -> Shape | None:
    """Counts and stores an incoming message in one statement, or returns None.

    Returns None if the message is known, if no chat is open or if the contact was
    changed concurrently. Raises IntegrityError like `store`.
    """
    uuid = uuid4()
    statement = _AT_ONCE.format(
        manager=target.manager,
        source=target.source,
        match=target.match,
        unless=_UNLESS_KNOWN if draft.gateway_id is not None else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {**target.params, **_values(uuid, draft)})
        row = cursor.fetchone()
    if row is None:
        return None
    at, external_id, message_id, chat_id, manager_id = row
    bind(manager_id=manager_id, chat_id=chat_id, message_id=message_id)
    contact_id = public_id(target.channel, external_id)
    return _shape(draft, StoredValues(uuid, at), contact_id)


def _values(uuid: UUID, draft: NewMessage) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "direction": draft.direction,
        "type": draft.type,
        "content": draft.content,
        "url": draft.url,
        "sender": draft.sender,
        "status": draft.status,
        "gateway_id": draft.gateway_id,
        "created_at": draft.created_at or timezone.now(),
        "details": as_json(draft.details),
        "auto": draft.auto,
    }


def _shape(draft: NewMessage, written: StoredValues, contact_id: int | str) -> Shape:
    # A text is returned without its file, as in lists of messages.
    file = None if draft.type == "text" else written.file
    row = (
        str(written.uuid),
        draft.direction,
        draft.type,
        draft.content,
        draft.url,
        draft.sender,
        draft.status,
        "",
        written.at,
        extras_text(
            str(file.uuid) if file else None,
            file.size if file else 0,
            draft.details,
            draft.auto,
        ),
    )
    return message_shape(row, contact_id)
