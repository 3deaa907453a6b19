"""Finds the contact that a call refers to, if the caller may access it."""

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
from hci_center.visibility import reached_managers, reaches_sql, sees


class ContactRef(Protocol):
    """A contact as a caller refers to it, with the id that it means per channel."""

    @property
    def whatsapp_id(self) -> str: ...
    @property
    def facebook_id(self) -> str | None: ...


class ContactRefValues(TypedDict):
    """The parameters of NAMED: both spellings on WhatsApp, and the Messenger id."""

    alias: str | None
    other: str | None
    facebook: str | None


# Matches `i` in contacts_identity with one of the aliases, each on its own channel.
# The first condition is for the index.
NAMED = """i.alias IN (%(alias)s, %(other)s, %(facebook)s)
   AND (i.channel = 'whatsapp' AND i.alias IN (%(alias)s, %(other)s)
        OR i.channel = 'facebook' AND i.alias = %(facebook)s)"""

# All contacts with one of the aliases, among the managers that the caller may access.
# A given operator restricts it to his manager, unless he is unknown or inactive.
_FIND_ALL = f"""
SELECT DISTINCT {COLUMNS}
  FROM contacts_identity i
  JOIN contacts_contact c ON c.id = i.contact_id AND c.deleted_at IS NULL
 WHERE {NAMED}
   AND {reaches_sql("i.manager_id")}
   AND (%(manager)s::bigint IS NULL OR i.manager_id = %(manager)s::bigint)
   AND (%(operator)s::bigint IS NULL OR i.manager_id = coalesce(
         (SELECT o.manager_id FROM areas_operator o
           WHERE o.id = %(operator)s::bigint AND o.is_active
             AND {reaches_sql("o.manager_id")}),
         i.manager_id))
"""  # noqa: S608 - column names only

_LOCK = f"""
SELECT {COLUMNS} FROM contacts_contact c
 WHERE c.id = %s AND c.deleted_at IS NULL FOR NO KEY UPDATE
"""  # noqa: S608 - column names only

_LOCK_AND_SWITCH = f"""
SELECT (SELECT m.has_automation FROM managers_manager m WHERE m.id = c.manager_id),
       {COLUMNS} FROM contacts_contact c
 WHERE c.id = %s AND c.deleted_at IS NULL FOR NO KEY UPDATE
"""  # noqa: S608 - column names only

# A manager, one of its contacts and one of its operators in one query.
_TARGET = f"""
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
 WHERE """  # noqa: S608 - column names only


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """The manager, contact and operator of a call, of which the last two may be
    missing.

    The methods raise for missing ones, in the order in which an operation calls them.
    """

    manager_id: int
    contact_or_none: Contact | None
    sight_or_none: OperatorScope | None

    def contact(self) -> Contact:
        """Returns the contact; raises ContactNotFoundError."""
        if self.contact_or_none is None:
            raise ContactNotFoundError
        return self.contact_or_none

    def scope(self) -> OperatorScope:
        """Returns the operator; raises OperatorNotFoundError, also for nobody."""
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
    """Finds a manager with one of its contacts and operators, in one query.

    Raises ManagerNotFoundError; a missing contact or operator raises when it is
    accessed. The contact is only set if the caller may access it.
    """
    values: dict[str, Any] = {
        **names,
        "channel": channel,
        **alias_params(channel, external_id),
        "operator": operator_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TARGET + manager_match(names), values)
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
    """Returns the only contact with that id among those that the caller may access.

    `channel`, `manager_id` and the id of an `operator` (which means his manager) narrow
    the search. Raises ContactNotFoundError; AmbiguousContactError if several match.
    """
    values: dict[str, Any] = {
        **names_on(channel, key),
        "managers": reached_managers(caller),
        "manager": manager_id,
        "operator": operator or None,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FIND_ALL, values)
        found = [contact_of(row) for row in cursor.fetchall()]
    visible = [contact for contact in found if is_visible(contact, caller)]
    if not visible:
        raise ContactNotFoundError
    if len(visible) > 1:
        raise AmbiguousContactError
    record_subject(visible[0].manager_id, visible[0].pk)
    return visible[0]


def lock_contact(contact_id: int) -> Contact:
    """Locks and returns the contact until the transaction ends.

    Raises ContactNotFoundError if it is deleted, also while waiting for the lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [contact_id])
        row = cursor.fetchone()
    if row is None:
        raise ContactNotFoundError
    return contact_of(row)


def lock_contact_and_switch(contact_id: int) -> tuple[Contact, bool]:
    """Like `lock_contact`; also returns whether its manager has any rules."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_SWITCH, [contact_id])
        row = cursor.fetchone()
    if row is None:
        raise ContactNotFoundError
    has_automation, *columns = row
    return contact_of(columns), has_automation


def is_visible(contact: Contact, caller: Caller) -> bool:
    """Returns whether `ContactQuerySet.visible_to` includes the contact."""
    return sees(caller, contact.manager_id, contact.area_id, contact.operator_id)


def names_on(channel: str | None, key: ContactRef) -> ContactRefValues:
    """Returns the parameters of NAMED for that channel, or for both."""
    facebook = None if channel == Channel.WHATSAPP else key.facebook_id
    if channel == Channel.FACEBOOK:
        return page_name(facebook)
    names = alias_params(Channel.WHATSAPP, key.whatsapp_id)
    return ContactRefValues(
        alias=names["alias"], other=names["other"], facebook=facebook
    )


def page_name(facebook_id: str | None) -> ContactRefValues:
    """Returns the parameters of NAMED for a Messenger id only."""
    return ContactRefValues(alias=None, other=None, facebook=facebook_id)
