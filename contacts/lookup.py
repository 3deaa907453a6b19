"""From what a call names to the contact that it means, as far as its caller sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

from django.db import connection

from areas.operators import OperatorScope
from contacts.aliases import ALIAS_MATCH, alias_params
from contacts.manager_ref import ManagerRef, manager_match
from contacts.models import Channel, Contact
from contacts.row_mapper import COLUMNS, contact_of
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import (
    AmbiguousContactError,
    ContactNotFoundError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)


class ContactRef(Protocol):
    """A contact as a caller names it: what that means on either channel."""

    @property
    def whatsapp_id(self) -> str: ...
    @property
    def facebook_id(self) -> str | None: ...


class ContactRefValues(TypedDict):
    """The values of NAMED: on WhatsApp in either spelling, and on Messenger."""

    alias: str | None
    other: str | None
    facebook: str | None


# An `i` in contacts_identity that bears one of the names, each on its own channel.
# The first condition is the index's.
NAMED = """i.alias IN (%(alias)s, %(other)s, %(facebook)s)
   AND (i.channel = 'whatsapp' AND i.alias IN (%(alias)s, %(other)s)
        OR i.channel = 'facebook' AND i.alias = %(facebook)s)"""

# Whoever bears one of the names, among the managers that the caller reaches. An
# operator that is said narrows it to his manager; one that is nobody's does not.
_FIND_ALL = f"""
SELECT DISTINCT {COLUMNS}
  FROM contacts_identity i
  JOIN contacts_contact c ON c.id = i.contact_id AND c.deleted_at IS NULL
 WHERE {NAMED}
   AND (%(managers)s::bigint[] IS NULL OR i.manager_id = ANY(%(managers)s::bigint[]))
   AND (%(manager)s::bigint IS NULL OR i.manager_id = %(manager)s::bigint)
   AND (%(operator)s::bigint IS NULL OR i.manager_id = coalesce(
         (SELECT o.manager_id FROM areas_operator o
           WHERE o.id = %(operator)s::bigint AND o.is_active
             AND (%(managers)s::bigint[] IS NULL
                  OR o.manager_id = ANY(%(managers)s::bigint[]))),
         i.manager_id))
"""  # noqa: S608 - of columns

_LOCK = f"""
SELECT {COLUMNS} FROM contacts_contact c
 WHERE c.id = %s AND c.deleted_at IS NULL FOR NO KEY UPDATE
"""  # noqa: S608 - of columns

# A manager, one of its contacts and one of its operators in a single round trip.
_ADDRESS = f"""
SELECT m.id, o.id, o.name,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s
              WHERE s.operator_id = o.id),
       {COLUMNS}
  FROM managers_manager m
  LEFT JOIN areas_operator o
    ON o.id = %(operator)s AND o.manager_id = m.id AND o.is_active
  LEFT JOIN contacts_contact c ON c.deleted_at IS NULL AND c.id = (
       SELECT i.contact_id FROM contacts_identity i
        WHERE i.manager_id = m.id AND i.channel = %(channel)s
          AND {ALIAS_MATCH}
        LIMIT 1)
 WHERE """  # noqa: S608 - of columns


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """What a call named, for it to ask for in its own order of refusals."""

    manager_id: int
    contact_or_none: Contact | None
    sight_or_none: OperatorScope | None

    def contact(self) -> Contact:
        """Raises ContactNotFoundError."""
        if self.contact_or_none is None:
            raise ContactNotFoundError
        return self.contact_or_none

    def scope(self) -> OperatorScope:
        """The operator. Raises OperatorNotFoundError, also for nobody."""
        if self.sight_or_none is None:
            raise OperatorNotFoundError
        return self.sight_or_none


def resolve_target(
    caller: Caller,
    names: ManagerRef,
    *,
    channel: str,
    external_id: str,
    operator_id: int = 0,
) -> ResolvedTarget:
    """The manager that bears the names, with that contact and that operator of it.

    One query for the three. Raises ManagerNotFoundError; what else is missing is
    refused when it is asked for. The contact is one that the caller may see.
    """
    values: dict[str, Any] = {
        **names,
        "channel": channel,
        **alias_params(channel, external_id),
        "operator": operator_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESS + manager_match(names), values)
        row = cursor.fetchone()
    if row is None or not caller.reaches(row[0]):
        raise ManagerNotFoundError
    manager_id, found_operator, operator_name, areas, *columns = row
    contact = contact_of(columns) if columns[0] is not None else None
    if contact is not None and not is_visible(contact, caller):
        contact = None
    record_subject(manager_id, None if contact is None else contact.pk)
    return ResolvedTarget(
        manager_id,
        contact,
        OperatorScope(found_operator, operator_name, frozenset(areas))
        if found_operator is not None
        else None,
    )


def find_one(
    caller: Caller,
    key: ContactRef,
    *,
    channel: str | None = None,
    manager_id: int | None = None,
    operator: int | None = None,
) -> Contact:
    """The one contact of that name among all that the caller may see.

    `channel`, `manager_id` and the id of an `operator` (his manager is meant)
    narrow it. Raises ContactNotFoundError; AmbiguousContactError when more than
    one still fits.
    """
    values: dict[str, Any] = {
        **names_on(channel, key),
        "managers": None if caller.managers is None else list(caller.managers),
        "manager": manager_id,
        "operator": operator or None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ALL, values)
        found = [contact_of(row) for row in cursor.fetchall()]
    seen = [contact for contact in found if is_visible(contact, caller)]
    if not seen:
        raise ContactNotFoundError
    if len(seen) > 1:
        raise AmbiguousContactError
    record_subject(seen[0].manager_id, seen[0].pk)
    return seen[0]


def lock_contact(contact_id: int) -> Contact:
    """The contact, locked until the transaction ends.

    Raises ContactNotFoundError when it is deleted, also while this waited.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [contact_id])
        row = cursor.fetchone()
    if row is None:
        raise ContactNotFoundError
    return contact_of(row)


def is_visible(contact: Contact, caller: Caller) -> bool:
    """Whether it exists for the caller: `ContactQuerySet.visible_to`, of one row."""
    return caller.sees(contact.manager_id, contact.area_id, contact.operator_id)


def names_on(channel: str | None, key: ContactRef) -> ContactRefValues:
    """What the key means on that channel, or on both."""
    facebook = None if channel == Channel.WHATSAPP else key.facebook_id
    if channel == Channel.FACEBOOK:
        return page_name(facebook)
    names = alias_params(Channel.WHATSAPP, key.whatsapp_id)
    return ContactRefValues(
        alias=names["alias"], other=names["other"], facebook=facebook
    )


def page_name(facebook_id: str | None) -> ContactRefValues:
    """A name on Messenger alone."""
    return ContactRefValues(alias=None, other=None, facebook=facebook_id)
