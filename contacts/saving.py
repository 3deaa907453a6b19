"""Creates, finds, changes and restores contacts.

All of this is safe under simultaneous calls: the identities of a person, in all
spellings, are inserted with the contact, and their unique constraint decides which call
is first. Locks are acquired in one order everywhere (see
`chats.conversations.lifecycle`): the area first, then the contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from areas.naming import normalize_area_text
from areas.operators import ensure_area, find_operator
from contacts.aliases import spellings
from contacts.models import Channel, Contact
from contacts.row_mapper import COLUMNS, contact_of
from hci_center.errors import InvalidError

# As documented: the menu step at which a new customer begins.
FIRST_STEP = {Channel.WHATSAPP.value: -100, Channel.FACEBOOK.value: 1}

_BY_ALIAS = f"""
SELECT {COLUMNS} FROM contacts_contact c
 WHERE c.id = (SELECT i.contact_id FROM contacts_identity i
                WHERE i.manager_id = %s AND i.channel = %s AND i.alias = ANY(%s)
                LIMIT 1)
"""  # noqa: S608 - column names only
_FIND = _BY_ALIAS + " AND c.deleted_at IS NULL"
# Includes deleted ones, which can be restored. Weaker than FOR UPDATE, so that rows
# that only reference the contact are not blocked.
_LOCK = _BY_ALIAS + " FOR NO KEY UPDATE OF c"

# NULL if the operator is being deactivated: the lock makes one wait for the other, and
# his contacts are then released.
_OPERATOR = """(SELECT o.id FROM areas_operator o
           WHERE o.id = %(operator)s::bigint AND o.is_active FOR SHARE)"""

# The contact is created if and only if every spelling was free.
_ADD = f"""
WITH fresh AS (
  SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) AS id
), claimed AS (
  INSERT INTO contacts_identity (manager_id, channel, alias, contact_id)
  SELECT %(manager)s, %(channel)s, spelling, fresh.id
    FROM unnest(%(aliases)s::text[]) AS spelling, fresh
  ON CONFLICT DO NOTHING
  RETURNING contact_id
)
INSERT INTO contacts_contact AS c
       (id, manager_id, channel, external_id, name, photo, area_id, operator_id,
        protocol, sa, unread, created_at)
SELECT fresh.id, %(manager)s, %(channel)s, %(external_id)s, %(name)s,
       coalesce(%(photo)s::text, ''), %(area)s::bigint, {_OPERATOR},
       coalesce(%(protocol)s::text, issue_protocol(%(manager)s)), %(sa)s, 0,
       clock_timestamp()
  FROM fresh
 WHERE (SELECT count(*) FROM claimed) = cardinality(%(aliases)s::text[])
RETURNING {COLUMNS}
"""  # noqa: S608 - column names only

# For a contact that was inserted by hand: it has no aliases yet.
_ADD_ALIASES = """
INSERT INTO contacts_identity (manager_id, channel, alias, contact_id)
SELECT c.manager_id, c.channel, spelling, c.id
  FROM contacts_contact c, unnest(%(aliases)s::text[]) AS spelling
 WHERE c.manager_id = %(manager)s AND c.channel = %(channel)s
   AND c.external_id = %(external_id)s
ON CONFLICT DO NOTHING
"""

# An open chat keeps its protocol (the table belongs to chats, the rule to the
# contact).
_CHANGE = f"""
UPDATE contacts_contact c
   SET name = coalesce(%(name)s::text, c.name),
       photo = coalesce(%(photo)s::text, c.photo),
       area_id = coalesce(%(area)s::bigint, c.area_id),
       queued_at = CASE WHEN %(area)s::bigint <> c.area_id OR c.area_id IS NULL
                             AND %(area)s::bigint IS NOT NULL
                        THEN clock_timestamp() ELSE c.queued_at END,
       protocol = CASE
         WHEN %(protocol)s::text IS NULL OR EXISTS (
              SELECT FROM chats_chat h
               WHERE h.contact_id = c.id AND h.closed_at IS NULL)
         THEN c.protocol ELSE %(protocol)s::text END
 WHERE c.id = %(id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - column names only

# Like a new contact, with the id of the first save.
_REVIVE = f"""
UPDATE contacts_contact c
   SET deleted_at = NULL, name = coalesce(%(name)s::text, c.name),
       photo = coalesce(%(photo)s::text, c.photo),
       area_id = %(area)s::bigint, operator_id = {_OPERATOR},
       protocol = coalesce(%(protocol)s::text, issue_protocol(c.manager_id)),
       sa = %(sa)s, unread = 0, last_message_at = NULL, waiting_since = NULL,
       queued_at = NULL, last_in_at = NULL, away_until = NULL
 WHERE c.id = %(id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - column names only


@dataclass(frozen=True, slots=True)
class ContactInput:
    """The values that a caller sends for a contact; None if not sent.

    `area` is a code or name (blanks count as not sent), `operator_id` 0 is nobody; an
    explicit "" clears the photo.
    """

    name: str | None = None
    photo: str | None = None
    area: str | None = None
    protocol: str | None = None
    operator_id: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A contact after and before saving; `before` is None if it did not exist."""

    contact: Contact
    before: Contact | None


def find_contact(manager_id: int, channel: str, external_id: str) -> Contact | None:
    """Returns the contact of that id in any spelling; None if missing or deleted."""
    row = _row(_FIND, [manager_id, channel, spellings(channel, external_id)])
    return None if row is None else contact_of(row)


def ensure_contact(
    manager_id: int, channel: str, external_id: str, *, name: str
) -> Contact:
    """Returns the contact of that id; creates it with that name, or restores it.

    Must run in a transaction: the contact stays locked until its end, so that a chat or
    message stored afterwards cannot conflict with a deletion.
    """
    locked = _lock(manager_id, channel, external_id)
    if locked is not None and locked.deleted_at is None:
        return locked
    given = ContactInput(name=name if locked is None else None)
    return _add_or_change(manager_id, channel, external_id, given).contact


def find_or_add(
    manager_id: int, channel: str, external_id: str, given: ContactInput
) -> Contact:
    """Returns the contact; creates or restores it from `given` if it is missing.

    Raises OperatorNotFoundError for an operator of another manager.
    """
    _require_operator(manager_id, given.operator_id)
    known = find_contact(manager_id, channel, external_id)
    if known is not None:
        return known
    with transaction.atomic():
        return _add_or_change(
            manager_id, channel, external_id, given, change_known=False
        ).contact


def save_contact(
    manager_id: int, channel: str, external_id: str, given: ContactInput
) -> Saved:
    """Adds the contact, or changes the given values of an existing one.

    An existing contact keeps its operator and `sa`, and its protocol while a chat is
    open; a deleted one is restored as new. An unknown area is created. Raises
    OperatorNotFoundError, and InvalidError for an area that cannot be created or an id
    that a contact of the other channel has.
    """
    _require_operator(manager_id, given.operator_id)
    with transaction.atomic():
        return _add_or_change(manager_id, channel, external_id, given)


def _add_or_change(
    manager_id: int,
    channel: str,
    external_id: str,
    given: ContactInput,
    *,
    change_known: bool = True,
) -> Saved:
    values = {
        "manager": manager_id,
        "channel": channel,
        "external_id": external_id,
        "aliases": spellings(channel, external_id),
        "name": given.name,
        "photo": given.photo,
        "area": _area_id(manager_id, given.area),
        "operator": given.operator_id or None,
        "protocol": given.protocol,
        "sa": FIRST_STEP[channel],
    }
    while True:
        locked = _lock(manager_id, channel, external_id)
        if locked is None:
            contact = _add(values)
            if contact is not None:
                return Saved(contact, None)
            continue  # another call was first: its contact can be locked now
        if locked.deleted_at is not None:
            return Saved(_changed(_REVIVE, locked, values), None)
        if not change_known:
            return Saved(locked, locked)
        return Saved(_changed(_CHANGE, locked, values), locked)


class _TakenError(Exception):
    """Another call has one of the spellings: roll back those inserted here."""


def _add(values: dict[str, Any]) -> Contact | None:
    try:
        with transaction.atomic():
            row = _row(_ADD, values)
            if row is None:
                raise _TakenError
    except _TakenError:
        return None
    except IntegrityError as error:
        if _add_aliases(values):
            return None
        if "string_id_is_unique" not in str(error):
            raise
        sentence = _("A contact of the other channel has this id.")
        raise InvalidError({"contactId": [sentence]}) from error
    return contact_of(row)


def _add_aliases(values: dict[str, Any]) -> bool:
    """Returns whether a contact of that id had to get aliases, by which it is found."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_ALIASES, values)
        return bool(cursor.rowcount > 0)


def _lock(manager_id: int, channel: str, external_id: str) -> Contact | None:
    row = _row(_LOCK, [manager_id, channel, spellings(channel, external_id)])
    return None if row is None else contact_of(row)


def _changed(statement: str, locked: Contact, values: dict[str, Any]) -> Contact:
    row = _row(statement, {**values, "id": locked.pk})
    if row is None:  # it is locked and cannot have been deleted
        raise Contact.DoesNotExist
    return contact_of(row)


def _area_id(manager_id: int, given: str | None) -> int | None:
    if not given or not normalize_area_text(given):
        return None
    return ensure_area(manager_id, given).id


def _require_operator(manager_id: int, operator_id: int | None) -> None:
    if operator_id:
        find_operator(manager_id, operator_id)


def _row(statement: str, values: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
