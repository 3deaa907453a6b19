"""Resolves a person reported by a gateway to one contact, by any of his aliases.

Gateways may learn late that two aliases belong to one person: then the two contacts are
merged with all their messages.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection, transaction

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.gateways.events import Person
from chats.models import ChatEvent
from contacts.aliases import add_names, spellings, store_phone
from contacts.models import Channel, Contact
from contacts.phone_numbers import as_reported
from contacts.row_mapper import COLUMNS, contact_of
from contacts.saving import ensure_contact

_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")

_BEARERS = """
SELECT i.contact_id, c.deleted_at IS NULL, array_agg(i.alias)
  FROM contacts_identity i JOIN contacts_contact c ON c.id = i.contact_id
 WHERE i.manager_id = %s AND i.channel = %s AND i.alias = ANY(%s)
 GROUP BY i.contact_id, c.deleted_at
"""
# Replaces a name that is only a number or id.
_FILL_IN = """
UPDATE contacts_contact c SET name = %(name)s
 WHERE c.id = %(contact)s AND c.name = ANY(%(names)s::text[])
"""

_LOCK = f"""
SELECT {COLUMNS} FROM contacts_contact c
 WHERE c.id = ANY(%s) ORDER BY c.id FOR NO KEY UPDATE
"""  # noqa: S608 - of columns
_HAS_OPEN_CHAT = """
SELECT EXISTS (SELECT FROM chats_chat WHERE contact_id = %s AND closed_at IS NULL)
"""
# One deferred composite foreign key ties chats and messages to the same contact.
_MOVE = (
    "UPDATE chats_chat SET contact_id = %s WHERE contact_id = %s",
    "UPDATE chats_message SET contact_id = %s WHERE contact_id = %s",
    "UPDATE chats_delivery SET contact_id = %s WHERE contact_id = %s",
    "UPDATE contacts_identity SET contact_id = %s, is_address = false"
    " WHERE contact_id = %s",
)
# The contact gets the protocol of its open chat, as always.
_TAKE_OVER = """
UPDATE contacts_contact main
   SET area_id = coalesce(main.area_id, other.area_id),
       operator_id = coalesce(main.operator_id, other.operator_id),
       protocol = coalesce((SELECT h.protocol FROM chats_chat h
                             WHERE h.contact_id = main.id AND h.closed_at IS NULL),
                           main.protocol),
       unread = main.unread + other.unread,
       last_message_at = greatest(main.last_message_at, other.last_message_at),
       last_in_at = greatest(main.last_in_at, other.last_in_at),
       waiting_since = least(main.waiting_since, other.waiting_since),
       queued_at = least(main.queued_at, other.queued_at)
  FROM contacts_contact other
 WHERE main.id = %s AND other.id = %s
"""
_REMOVED = """
UPDATE contacts_contact
   SET deleted_at = now(), operator_id = NULL, unread = 0, waiting_since = NULL,
       queued_at = NULL, away_until = NULL
 WHERE id = %s
"""


def resolve_contact(
    manager_id: int,
    channel: str,
    person: Person,
    *,
    actor: Actor,
    manager_number: int | None = None,
) -> Contact:
    """Returns the person's contact, creating or restoring it if necessary.

    Adds all the person's aliases to the contact; phone numbers are interpreted relative
    to the manager's number (`contacts.phone_numbers.as_reported`). Raises ValueError
    for a person without a valid alias.
    """
    names = [name for name in person.ids if _ID.fullmatch(name)]
    if channel == Channel.WHATSAPP:
        names = [as_reported(name, manager_number) for name in names]
    if not names:
        raise ValueError("a person without a usable id")
    every = sorted({one for name in names for one in spellings(channel, name)})
    with transaction.atomic():
        main = _one_of(manager_id, channel, names, every, actor)
        contact = ensure_contact(
            manager_id, channel, main or names[0], name=person.name or names[0]
        )
        if len(every) > 1:
            add_names(contact.pk, every)
            store_phone(contact.pk, next(filter(str.isdecimal, names), ""))
        if person.name:
            values: dict[str, Any] = {
                "name": person.name,
                "names": [contact.external_id, *every],
                "contact": contact.pk,
            }
            with connection.cursor() as cursor:
                cursor.execute(_FILL_IN, values)
    return contact


def _one_of(
    manager_id: int, channel: str, names: list[str], every: list[str], actor: Actor
) -> str | None:
    """Merges all contacts with any of the aliases; returns an alias of the result.

    Returns None if there is no such contact.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEARERS, [manager_id, channel, every])
        bearers = cursor.fetchall()
    if not bearers:
        return None
    first = set(spellings(channel, names[0]))
    # Prefers contacts that are not deleted, then those with the first alias.
    bearers.sort(key=lambda b: (not b[1], not first & set(b[2]), b[0]))
    main, _, aliases = bearers[0]
    for other, _is_active, _aliases in bearers[1:]:
        _merge(main, other, actor)
    name: str = aliases[0]
    return name


def _merge(main_id: int, other_id: int, actor: Actor) -> None:
    """Moves everything of the other contact to the main one and deletes the other.

    If both have an open chat, the other's is closed first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [[main_id, other_id]])
        locked = {row[0]: contact_of(row) for row in cursor.fetchall()}
        cursor.execute(_HAS_OPEN_CHAT, [main_id])
        row = cursor.fetchone()
        if row and row[0]:
            close_chat_of_locked(
                locked[other_id], actor=actor, cause=ChatEvent.Cause.MERGED
            )
        for statement in _MOVE:
            cursor.execute(statement, [main_id, other_id])
        cursor.execute(_TAKE_OVER, [main_id, other_id])
        cursor.execute(_REMOVED, [other_id])
