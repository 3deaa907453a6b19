"""How a customer comes to be a contact: saved, found, or back after a deletion.

Whatever is made or changed here holds under any number of simultaneous callers:
the identities of a person, all his spellings, are inserted with him, and their
unique constraint decides who was first. Locks are taken in the house's one order
(see `chats.conversations.lifecycle`): the area first, then the contact.
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

# Both as documented: the step of the menu at which a new customer begins.
FIRST_STEP = {Channel.WHATSAPP.value: -100, Channel.FACEBOOK.value: 1}

_BY_ALIAS = f"""
SELECT {COLUMNS} FROM contacts_contact c
 WHERE c.id = (SELECT i.contact_id FROM contacts_identity i
                WHERE i.manager_id = %s AND i.channel = %s AND i.alias = ANY(%s)
                LIMIT 1)
"""  # noqa: S608 - of columns
_FIND = _BY_ALIAS + " AND c.deleted_at IS NULL"
# Deleted ones too: they come back. Weaker than FOR UPDATE, so that rows which
# merely point at the contact are not held up.
_LOCK = _BY_ALIAS + " FOR NO KEY UPDATE OF c"

# Nobody when the operator leaves in this very moment: he waits for this or is waited
# for, and what was his by then is released.
_OPERATOR = """(SELECT o.id FROM areas_operator o
           WHERE o.id = %(operator)s::bigint AND o.is_active FOR SHARE)"""

# The contact is made if and only if every spelling was free.
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
"""  # noqa: S608 - of columns

# A protocol is the open chat's while there is one (the table is chats'; the rule
# is the contact's).
_CHANGE = f"""
UPDATE contacts_contact c
   SET name = coalesce(%(name)s::text, c.name),
       photo = coalesce(%(photo)s::text, c.photo),
       area_id = coalesce(%(area)s::bigint, c.area_id),
       protocol = CASE
         WHEN %(protocol)s::text IS NULL OR EXISTS (
              SELECT FROM chats_chat h
               WHERE h.contact_id = c.id AND h.closed_at IS NULL)
         THEN c.protocol ELSE %(protocol)s::text END
 WHERE c.id = %(id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - of columns

# As a new one, under the id that was first saved.
_REVIVE = f"""
UPDATE contacts_contact c
   SET deleted_at = NULL, name = coalesce(%(name)s::text, c.name),
       photo = coalesce(%(photo)s::text, c.photo),
       area_id = %(area)s::bigint, operator_id = {_OPERATOR},
       protocol = coalesce(%(protocol)s::text, issue_protocol(c.manager_id)),
       sa = %(sa)s, unread = 0, last_message_at = NULL
 WHERE c.id = %(id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - of columns


@dataclass(frozen=True, slots=True)
class ContactInput:
    """What a caller says of a contact; None where he says nothing.

    `area` is a code or name (blanks say nothing), `operator_id` 0 for nobody; an
    explicit "" clears the photo.
    """

    name: str | None = None
    photo: str | None = None
    area: str | None = None
    protocol: str | None = None
    operator_id: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A contact as it is now, and as it was before (None: it was not there)."""

    contact: Contact
    before: Contact | None


def find_contact(manager_id: int, channel: str, external_id: str) -> Contact | None:
    """The contact of that id, by any spelling; None also for a deleted one."""
    row = _row(_FIND, [manager_id, channel, spellings(channel, external_id)])
    return None if row is None else contact_of(row)


def ensure_contact(
    manager_id: int, channel: str, external_id: str, *, name: str
) -> Contact:
    """The contact of that id, made with that name or revived where it is missing.

    Within a transaction: the contact stays locked until it ends, so that a chat
    opened or a message stored after this cannot meet a deletion.
    """
    held = _lock(manager_id, channel, external_id)
    if held is not None and held.deleted_at is None:
        return held
    given = ContactInput(name=name if held is None else None)
    return _add_or_change(manager_id, channel, external_id, given).contact


def find_or_add(
    manager_id: int, channel: str, external_id: str, given: ContactInput
) -> Contact:
    """The contact as it is or, when it is new or was deleted, made as given.

    Raises OperatorNotFoundError for an operator that the manager lacks.
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
    """Adds the contact, or changes what is given of the one that is there.

    The operator and `sa` of a known one stay, and so does its protocol while a chat
    is open; a deleted one comes back as new. An area that the manager lacks is made.
    Raises OperatorNotFoundError, and InvalidError for an area that cannot be made or
    an id that a contact of the other channel bears.
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
        held = _lock(manager_id, channel, external_id)
        if held is None:
            contact = _add(values)
            if contact is not None:
                return Saved(contact, None)
            continue  # somebody was faster: theirs can be held now
        if held.deleted_at is not None:
            return Saved(_changed(_REVIVE, held, values), None)
        if not change_known:
            return Saved(held, held)
        return Saved(_changed(_CHANGE, held, values), held)


class _TakenError(Exception):
    """Another caller holds a spelling: undo what this one had taken of them."""


def _add(values: dict[str, Any]) -> Contact | None:
    try:
        with transaction.atomic():
            row = _row(_ADD, values)
            if row is None:
                raise _TakenError
    except _TakenError:
        return None
    except IntegrityError as error:
        if "string_id_is_unique" not in str(error):
            raise
        sentence = _("A contact of the other channel bears this id.")
        raise InvalidError({"contactId": [sentence]}) from error
    return contact_of(row)


def _lock(manager_id: int, channel: str, external_id: str) -> Contact | None:
    row = _row(_LOCK, [manager_id, channel, spellings(channel, external_id)])
    return None if row is None else contact_of(row)


def _changed(statement: str, held: Contact, values: dict[str, Any]) -> Contact:
    row = _row(statement, {**values, "id": held.pk})
    if row is None:  # locked by us: it cannot have gone
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
