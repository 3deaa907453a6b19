"""Locks the contact of a call for an operator's notes, tags and the like."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from chats.conversations.audit import Actor, act_as
from chats.conversations.reading import ReadRequest, find_conversation
from contacts.lookup import is_visible, lock_contact
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.errors import ChatNotFoundError, ContactNotFoundError
from hci_center.visibility import operator_row_sees_sql

_SEEING = f"""
SELECT o.id FROM areas_operator o, contacts_contact c
 WHERE c.id = %s AND o.manager_id = c.manager_id AND o.is_active AND o.id = ANY(%s)
   AND {operator_row_sees_sql("o.id")}
"""  # noqa: S608 - of a condition


def lock_seen(
    caller: Caller, request: ReadRequest, *, closed_too: bool = False
) -> tuple[Contact, Actor]:
    """Locks and returns the contact of a call, and the actor, in a transaction.

    The operator must still be able to see it then. Raises the errors of
    `find_conversation`.
    """
    conversation = find_conversation(caller, request, closed_too=closed_too)
    try:
        contact = lock_contact(conversation.contact.pk)
    except ContactNotFoundError as error:
        raise ChatNotFoundError from error
    operator_id = request.operator_id
    # It may have been moved since it was found.
    if not is_visible(contact, caller) or (
        operator_id and not operators_seeing(contact.pk, [operator_id])
    ):
        raise ChatNotFoundError
    return contact, act_as(caller, operator_id)


def operators_seeing(contact_id: int, operator_ids: Iterable[int]) -> set[int]:
    """Returns which of these operators are active and can see the contact now."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEING, [contact_id, list(operator_ids)])
        return {operator_id for (operator_id,) in cursor.fetchall()}
