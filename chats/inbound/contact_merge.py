"""Resolves a person reported by a gateway to one contact, by any of his aliases.

If a gateway later reports that two aliases belong to one person, the two contacts are
merged with all their messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models.functions import Now

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat_of_locked
from chats.gateways.events import Person
from chats.inbox.tags import MOST_TAGS
from chats.models import Chat, ChatEvent, Delivery, Message
from contacts.aliases import add_names, spellings, store_phone
from contacts.models import Channel, Contact, Identity, Tagging
from contacts.phone_numbers import as_reported
from contacts.row_mapper import COLUMNS, contact_of
from contacts.saving import ensure_contact

_ID = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
# Phone numbers have at most 15 digits. Longer ones are not phone numbers, and the API
# could not return them if they had 20 digits or more.
_NO_PHONE = re.compile(r"[0-9]{16,}")

_FIND_ALL = f"""
SELECT array_agg(i.alias), c.phone, {COLUMNS}
  FROM contacts_identity i JOIN contacts_contact c ON c.id = i.contact_id
 WHERE i.manager_id = %s AND i.channel = %s AND i.alias = ANY(%s)
 GROUP BY c.id
"""  # noqa: S608 - of columns
# The contact has the protocol of its open chat, as always.
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
 WHERE main.id = %(main)s AND other.id = %(other)s
"""
# The contact keeps its own tags and gets the other's, up to the limit per contact.
_UNITE_TAGS = f"""
INSERT INTO contacts_tagging (manager_id, contact_id, tag_id)
SELECT x.manager_id, %(main)s, x.tag_id FROM contacts_tagging x
 WHERE x.contact_id = %(other)s
   AND NOT EXISTS (SELECT FROM contacts_tagging own
                    WHERE own.contact_id = %(main)s AND own.tag_id = x.tag_id)
 ORDER BY x.id
 LIMIT greatest(0, {MOST_TAGS} - (SELECT count(*) FROM contacts_tagging
                                   WHERE contact_id = %(main)s))
"""  # noqa: S608 - of a number
# Only one survey may wait for an answer: the main contact's takes precedence.
_MOVE_SURVEYS = """
UPDATE chats_survey s
   SET contact_id = %(main)s,
       state = CASE WHEN s.state = 'asked' AND EXISTS (
                         SELECT FROM chats_survey x
                          WHERE x.contact_id = %(main)s AND x.state = 'asked')
                    THEN 'void' ELSE s.state END
 WHERE s.contact_id = %(other)s
"""
# If both have an active consent for a purpose, the main contact keeps its own and the
# other's is not moved.
_MOVE_CONSENTS = """
UPDATE contacts_consent c SET contact_id = %(main)s
 WHERE c.contact_id = %(other)s
   AND NOT (c.revoked_at IS NULL AND EXISTS (
         SELECT FROM contacts_consent own
          WHERE own.contact_id = %(main)s AND own.purpose = c.purpose
            AND own.revoked_at IS NULL))
"""
# A revocation also applies to earlier consents of the other contact for that purpose.
_KEEP_REVOKED = """
UPDATE contacts_consent c SET revoked_at = latest.at
  FROM (SELECT x.purpose, max(x.revoked_at) AS at FROM contacts_consent x
         WHERE x.contact_id = %(main)s GROUP BY x.purpose) latest
 WHERE c.contact_id = %(main)s AND c.purpose = latest.purpose AND c.revoked_at IS NULL
   AND c.given_at <= latest.at
"""
_MOVE_SCHEDULED = """
UPDATE chats_scheduled SET contact_id = %(main)s WHERE contact_id = %(other)s
"""
# A task that both have is due at the earlier time.
_MOVE_TASKS = """
WITH moved AS (
  DELETE FROM chats_task WHERE contact_id = %(other)s
  RETURNING manager_id, kind, run_at
)
INSERT INTO chats_task AS t (manager_id, kind, contact_id, run_at)
SELECT manager_id, kind, %(main)s, run_at FROM moved
ON CONFLICT (kind, contact_id, area_id, operator_id) DO UPDATE
   SET run_at = least(t.run_at, excluded.run_at), version = t.version + 1,
       lease_until = NULL, failures = 0
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """A contact with some of a person's aliases; it may be deleted."""

    contact: Contact
    aliases: list[str]
    phone: int | None


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
        phones = [name for name in names if not _NO_PHONE.fullmatch(name)]
        names = [as_reported(name, manager_number) for name in phones]
    if not names:
        raise ValueError("a person without a usable id")
    every = sorted({one for name in names for one in spellings(channel, name)})
    phone = next(filter(str.isdecimal, names), "") if len(every) > 1 else ""
    found = _find_all(manager_id, channel, every)
    if len(found) == 1 and _is_complete(found[0], person.name, every, phone):
        return found[0].contact
    with transaction.atomic():
        main = _merge_all(found, spellings(channel, names[0]), actor)
        contact = ensure_contact(
            manager_id, channel, main or names[0], name=person.name or names[0]
        )
        if len(every) > 1:
            add_names(contact.pk, every)
            store_phone(contact.pk, phone)
        if _is_nameless(contact, person.name, every):
            _fill_in_name(contact, person.name)
    return contact


def _find_all(manager_id: int, channel: str, every: list[str]) -> list[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ALL, [manager_id, channel, every])
        return [
            _Found(contact_of(columns), aliases, phone)
            for aliases, phone, *columns in cursor.fetchall()
        ]


def _is_complete(found: _Found, name: str, every: list[str], phone: str) -> bool:
    """Returns whether the contact already has all data of the person in the event."""
    contact = found.contact
    return (
        contact.deleted_at is None
        and set(every) <= set(found.aliases)
        and not _is_nameless(contact, name, every)
        and (contact.external_id.isdecimal() or phone in ("", str(found.phone)))
    )


def _is_nameless(contact: Contact, name: str, every: list[str]) -> bool:
    """Returns whether the contact's name is only an id, and the person has another."""
    return name not in ("", contact.name) and contact.name in (
        contact.external_id,
        *every,
    )


def _fill_in_name(contact: Contact, name: str) -> None:
    """Sets the contact's name, unless it has been changed in the meantime."""
    unnamed = Contact.objects.filter(pk=contact.pk, name=contact.name)
    if unnamed.update(name=name):
        contact.name = name


def _merge_all(found: list[_Found], first: list[str], actor: Actor) -> str | None:
    """Merges all these contacts; returns an alias of the result.

    Returns None if there are none. `first` are the spellings of the person's first id.
    """
    if not found:
        return None

    def rank(one: _Found) -> tuple[bool, bool, int]:
        is_first = not set(first).isdisjoint(one.aliases)
        return (one.contact.deleted_at is not None, not is_first, one.contact.pk)

    # Prefers contacts that are not deleted, then those with the first alias.
    main, *others = sorted(found, key=rank)
    for other in others:
        _merge(main.contact.pk, other.contact.pk, actor)
    return main.aliases[0]


def _merge(main_id: int, other_id: int, actor: Actor) -> None:
    """Moves all data of the other contact to the main one and deletes the other.

    If both have an open chat, the other's is closed first.
    """
    both = Contact.objects.filter(pk__in=(main_id, other_id))
    locked = {one.pk: one for one in both.order_by("pk").select_for_update(no_key=True)}
    if Chat.objects.filter(contact=main_id, closed_at=None).exists():
        close_chat_of_locked(
            locked[other_id], actor=actor, cause=ChatEvent.Cause.MERGED
        )
    # A deferred composite foreign key requires chats and messages to have the same
    # contact.
    for moved in (Chat, Message, Delivery):
        moved.objects.filter(contact=other_id).update(contact=main_id)
    Identity.objects.filter(contact=other_id).update(contact=main_id, is_address=False)
    values = {"main": main_id, "other": other_id}
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_SURVEYS, values)
        cursor.execute(_MOVE_CONSENTS, values)
        cursor.execute(_KEEP_REVOKED, values)
        cursor.execute(_MOVE_SCHEDULED, values)
        cursor.execute(_UNITE_TAGS, values)
        cursor.execute(_TAKE_OVER, values)
        cursor.execute(_MOVE_TASKS, values)
    Tagging.objects.filter(contact=other_id).delete()
    Contact.objects.filter(pk=other_id).update(
        deleted_at=Now(),
        operator=None,
        unread=0,
        waiting_since=None,
        queued_at=None,
        away_until=None,
    )
