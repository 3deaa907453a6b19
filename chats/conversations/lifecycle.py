"""Opens, closes and reopens chats.

All code that locks more than one row does so in this order:

1. the area, if it may have to be created, and the operator, if he must stay active;
2. the contact (`contacts.lookup.lock_contact`, `contacts.saving.ensure_contact`, or an
   UPDATE of its row);
3. its chat;
4. messages and deliveries, oldest first;
5. chat events, which are only inserted.

The lock on the contact also protects its open chat: opening, closing, claiming, moving
and deleting all lock the contact first and are therefore serialized. To read what
another transaction may just have written, use a separate statement after the lock: a
statement sees a single snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from chats.conversations.audit import (
    INSERT,
    SCHEDULE,
    Actor,
    Entry,
    record,
    record_in_open_chats,
)
from chats.models import Chat, ChatEvent
from contacts.lookup import lock_contact
from contacts.models import Contact
from hci_center.errors import ChatNotFoundError

_NAMES = ("id", "manager_id", "contact_id", "protocol", "opened_at", "closed_at")
_COLUMNS = ", ".join(_NAMES)

# Returns the open chat or a new one and inserts its events. A new chat has the
# contact's protocol, unless an earlier chat of the manager has it already.
_OPEN = f"""
WITH going AS (
  SELECT {_COLUMNS} FROM chats_chat
   WHERE contact_id = %(contact)s AND closed_at IS NULL
), opened AS (
  INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
  SELECT c.manager_id, c.id,
         CASE WHEN c.protocol = '' OR EXISTS (
                   SELECT FROM chats_chat earlier
                    WHERE earlier.manager_id = c.manager_id
                      AND earlier.protocol = c.protocol)
              THEN issue_protocol(c.manager_id) ELSE c.protocol END,
         clock_timestamp()
    FROM contacts_contact c
   WHERE c.id = %(contact)s AND NOT EXISTS (SELECT FROM going)
  ON CONFLICT DO NOTHING
  RETURNING {_COLUMNS}
), shown AS (
  UPDATE contacts_contact c SET protocol = o.protocol
    FROM opened o WHERE c.id = o.contact_id AND c.protocol <> o.protocol
), told AS (
  {INSERT}
  SELECT c.manager_id, h.id, said.kind, h.at, c.area_id, c.operator_id,
         %(actor)s, %(acting)s::bigint,
         CASE WHEN said.kind <> 'opened' THEN ''
              WHEN %(acting)s::bigint IS NULL THEN 'customer' ELSE 'operator' END,
         c.sa, {SCHEDULE.format(row="c")}, NULL
    FROM contacts_contact c,
         (SELECT id, opened_at AS at, ARRAY['opened'] || %(kinds)s::text[] AS kinds
            FROM opened
           UNION ALL
          SELECT id, clock_timestamp(), %(kinds)s::text[] FROM going) h,
         unnest(h.kinds) WITH ORDINALITY AS said (kind, place)
   WHERE c.id = %(contact)s
   ORDER BY said.place
)
SELECT {_COLUMNS} FROM going UNION ALL SELECT {_COLUMNS} FROM opened
"""  # noqa: S608 - of columns

_CLOSE = f"""
UPDATE chats_chat
   SET closed_at = clock_timestamp(), last_operator_id = %s::bigint, reason = %s
 WHERE contact_id = %s AND closed_at IS NULL
RETURNING {_COLUMNS}
"""  # noqa: S608 - of columns
# The chat continues with its unread messages, and its survey becomes void.
_REOPEN = f"""
WITH reopened AS (
  UPDATE chats_chat
     SET closed_at = NULL, reason = '', seen_message_id = coalesce(seen_message_id, 0)
   WHERE id = %(chat)s AND contact_id = %(contact)s AND closed_at IS NOT NULL
  RETURNING {_COLUMNS}
), unasked AS (
  UPDATE chats_survey s
     SET state = CASE WHEN s.state = 'asked' THEN 'void' ELSE s.state END,
         comment_until = NULL
    FROM reopened r
   WHERE s.chat_id = r.id AND (s.state = 'asked' OR s.comment_until IS NOT NULL)
), shown AS (
  UPDATE contacts_contact c
     SET protocol = r.protocol, queued_at = clock_timestamp(),
         unread = c.unread + (SELECT count(*) FROM chats_message m
                               WHERE m.chat_id = r.id AND m.direction = 'in'
                                 AND m.status = 'wait'),
         operator_id = coalesce(%(operator)s::bigint, c.operator_id)
    FROM reopened r WHERE c.id = r.contact_id
)
SELECT {_COLUMNS} FROM reopened
"""  # noqa: S608 - of columns
# Only messages of the open chat count as unread, and only its customer can be waiting.
_RELEASE = """
UPDATE contacts_contact
   SET operator_id = NULL, unread = 0, waiting_since = NULL, queued_at = NULL
 WHERE id = %s
"""


def open_chat(contact: Contact, *, actor: Actor) -> Chat:
    """Returns the contact's open chat, opening one if none is open.

    Sets the contact's protocol to the chat's, in the database and on the instance.
    Raises ContactNotFoundError if the contact has been deleted.
    """
    with transaction.atomic():
        lock_contact(contact.pk)
        return open_chat_of_locked(contact, actor=actor)


def open_chat_of_locked(
    contact: Contact, *, actor: Actor, also: Sequence[str] = ()
) -> Chat:
    """Like `open_chat`, for a contact that the transaction has locked: one query.

    `also` are the kinds of further events to record.
    """
    values: dict[str, Any] = {
        "contact": contact.pk,
        "kinds": list(also),
        "actor": actor.credential,
        "acting": actor.operator_id,
    }
    row = None
    with connection.cursor() as cursor:
        # There is no row only if another contact's new chat has just used the protocol.
        while row is None:
            cursor.execute(_OPEN, values)
            row = cursor.fetchone()
    chat = Chat.from_db("default", _NAMES, row)
    contact.protocol = chat.protocol
    return chat


def close_chat(
    contact: Contact, *, actor: Actor, cause: str = "", reason: str = ""
) -> None:
    """Closes the contact's open chat and releases the contact from its operator.

    `cause` is that of the ledger, `reason` the code of a closing reason. Raises
    ChatNotFoundError if none is open and ContactNotFoundError if the contact has been
    deleted.
    """
    with transaction.atomic():
        locked = lock_contact(contact.pk)
        if not close_chat_of_locked(locked, actor=actor, cause=cause, reason=reason):
            raise ChatNotFoundError


def close_chat_of_locked(
    contact: Contact, *, actor: Actor, cause: str = "", reason: str = ""
) -> bool:
    """Like `close_chat`, for a contact that the transaction has locked.

    Returns False if no chat is open.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [contact.operator_id, reason, contact.pk])
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(_RELEASE, [contact.pk])
    record(
        Chat.from_db("default", _NAMES, row),
        ChatEvent.Kind.CLOSED,
        actor=actor,
        area_id=contact.area_id,
        operator_id=None,
        sa=contact.sa,
        cause=cause,
        detail={"reason": reason} if reason else None,
    )
    return True


def reopen_chat_of_locked(
    contact: Contact,
    chat_id: int,
    *,
    actor: Actor,
    cause: str,
    operator_id: int | None = None,
) -> Chat | None:
    """Reopens a closed chat of a contact that the transaction has locked.

    No other may be open. Its survey is void, and the contact has its protocol again.
    With `operator_id` that operator claims it. Returns None if the chat is not a closed
    one of the contact.
    """
    values = {"chat": chat_id, "contact": contact.pk, "operator": operator_id}
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN, values)
        row = cursor.fetchone()
    if row is None:
        return None
    chat = Chat.from_db("default", _NAMES, row)
    contact.protocol = chat.protocol
    entries = [Entry(ChatEvent.Kind.REOPENED, cause)]
    if operator_id is not None:
        contact.operator_id = operator_id
        entries.append(Entry(ChatEvent.Kind.CLAIMED))
    record_in_open_chats([contact.pk], entries, actor=actor)
    return chat
