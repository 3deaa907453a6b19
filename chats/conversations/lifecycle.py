"""A service session begins and ends.

The order of locks, for every rule of this project that holds more than one row:

1. the area, where one may have to be made, and the operator, who must not leave;
2. the contact (`contacts.lookup.lock_contact`, `contacts.saving.ensure_contact`, or an
   UPDATE of its row);
3. its chat;
4. messages and deliveries, oldest first;
5. the ledger, which is only added to.

Whoever holds the contact sees its open chat as it is and keeps it so: opening,
closing, claiming, moving and deleting all hold the contact first, and therefore
take turns. Reading what somebody else may just have written wants a statement of
its own after the lock: one statement sees one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from chats.conversations.audit import Actor, record
from chats.models import Chat, ChatEvent
from contacts.lookup import lock_contact
from contacts.models import Contact
from hci_center.errors import ChatNotFoundError

_NAMES = ("id", "manager_id", "contact_id", "protocol", "opened_at", "closed_at")
_COLUMNS = ", ".join(_NAMES)

# The open chat or, where none is, a new one, with the lines of either in the ledger. Its
# protocol is the contact's, unless an earlier chat of the manager bears that.
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
  INSERT INTO chats_chatevent (manager_id, chat_id, kind, at, area_id, operator_id,
                               actor, acting_operator_id)
  SELECT c.manager_id, h.id, said.kind, h.at, c.area_id, c.operator_id,
         %(actor)s, %(acting)s::bigint
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
UPDATE chats_chat SET closed_at = clock_timestamp()
 WHERE contact_id = %s AND closed_at IS NULL
RETURNING {_COLUMNS}
"""  # noqa: S608 - of columns
# Unread are the open chat's messages alone: with it they go.
_RELEASE = "UPDATE contacts_contact SET operator_id = NULL, unread = 0 WHERE id = %s"


def open_chat(contact: Contact, *, actor: Actor) -> Chat:
    """The contact's open chat, begun where none is open.

    The contact shows the chat's protocol afterwards, the instance too. Raises
    ContactNotFoundError when the contact has been deleted.
    """
    with transaction.atomic():
        lock_contact(contact.pk)
        return open_chat_of_locked(contact, actor=actor)


def open_chat_of_locked(
    contact: Contact, *, actor: Actor, also: Sequence[str] = ()
) -> Chat:
    """`open_chat` for a contact that this transaction holds: one query.

    `also` are the kinds of further lines for the ledger of that chat.
    """
    values: dict[str, Any] = {
        "contact": contact.pk,
        "kinds": list(also),
        "actor": actor.credential,
        "acting": actor.operator_id,
    }
    row = None
    with connection.cursor() as cursor:
        # None only when another contact's new chat has just taken the protocol.
        while row is None:
            cursor.execute(_OPEN, values)
            row = cursor.fetchone()
    chat = Chat.from_db("default", _NAMES, row)
    contact.protocol = chat.protocol
    return chat


def close_chat(contact: Contact, *, actor: Actor) -> None:
    """Ends the contact's open chat and releases the contact from its operator.

    Raises ChatNotFoundError when none is open; ContactNotFoundError when the
    contact has been deleted.
    """
    with transaction.atomic():
        held = lock_contact(contact.pk)
        if not close_chat_of_locked(held, actor=actor):
            raise ChatNotFoundError


def close_chat_of_locked(contact: Contact, *, actor: Actor) -> bool:
    """`close_chat` for a contact that this transaction holds; False: none is open."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [contact.pk])
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
    )
    return True
