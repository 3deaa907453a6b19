"""Who answers a contact, and where it waits: each change with its line in the ledger.

Every rule holds the contact before anything else (`chats.conversations.lifecycle` tells the
order of locks), so simultaneous callers take turns and the ledger tells the truth.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from areas.models import Operator
from areas.operators import OperatorScope
from chats.conversations.audit import Actor, act_as, actor_of, record_in_open_chats
from chats.conversations.lifecycle import close_chat_of_locked, open_chat_of_locked
from chats.models import ChatEvent
from contacts import saving
from contacts.lookup import is_visible, lock_contact
from contacts.models import Contact
from contacts.saving import ContactInput
from hci_center.callers import Caller
from hci_center.errors import (
    AlreadyAnsweredError,
    ForbiddenError,
    OperatorNotFoundError,
)

# Whoever takes the operator out of service waits for this or is waited for, so that
# nobody is given a contact after his own were released.
_IN_SERVICE = """
EXISTS (SELECT FROM areas_operator
         WHERE id = %(operator)s AND is_active FOR SHARE)
"""
# Of any number of simultaneous callers one finds the contact free. It must still be
# one that the operator sees: it may have moved since it was looked up.
_CLAIM = f"""
UPDATE contacts_contact SET operator_id = %(operator)s
 WHERE id = %(contact)s AND deleted_at IS NULL AND operator_id IS NULL
   AND (area_id IS NULL OR area_id = ANY(%(areas)s::bigint[]))
   AND {_IN_SERVICE}
RETURNING id
"""  # noqa: S608 - of a condition
_NAME_OF_OPERATOR = "SELECT name FROM areas_operator WHERE id = %s"
_ASSIGN = f"""
UPDATE contacts_contact SET operator_id = %(operator)s::bigint
 WHERE id = %(contact)s AND deleted_at IS NULL
   AND operator_id IS DISTINCT FROM %(operator)s::bigint
   AND (%(operator)s::bigint IS NULL OR {_IN_SERVICE})
RETURNING id
"""  # noqa: S608 - of a condition
# The operator goes along only to an area that he serves too.
_MOVE = """
UPDATE contacts_contact c
   SET area_id = %(area)s,
       operator_id = (SELECT s.operator_id FROM areas_operatorarea s
                       WHERE s.operator_id = c.operator_id AND s.area_id = %(area)s)
 WHERE id = %(contact)s
RETURNING operator_id
"""
# By id, so that two who release at once cannot wait for each other.
_LOCK_ALL_OF = """
SELECT id FROM contacts_contact
 WHERE operator_id = %s AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE
"""
_RELEASE_ALL = "UPDATE contacts_contact SET operator_id = NULL WHERE id = ANY(%s)"
_DELETE = """
UPDATE contacts_contact
   SET deleted_at = clock_timestamp(), operator_id = NULL, unread = 0
 WHERE id = %s
"""


def claim(contact: Contact, sight: OperatorScope, *, actor: Actor) -> None:
    """The operator answers the contact; a chat is opened where none is open.

    Exactly one of any number of simultaneous callers wins; again by the winner
    changes nothing. Raises ForbiddenError for a contact that the operator may not
    see, AlreadyAnsweredError (with who answers it), ContactNotFoundError when it
    has been deleted and OperatorNotFoundError when he has left.
    """
    with transaction.atomic():
        # Whoever is said to be another's already is not asked for.
        if contact.operator_id is not None or not _claim(contact, sight):
            held = lock_contact(contact.pk)
            if not sight.can_see(held.area_id, held.operator_id):
                raise ForbiddenError
            if held.operator_id == sight.operator_id:
                open_chat_of_locked(held, actor=actor)
                return
            if held.operator_id is not None:
                raise _already_answered(held.operator_id)
            # Released in this very moment, and held by us now.
            if not _claim(contact, sight):
                raise OperatorNotFoundError
        open_chat_of_locked(contact, actor=actor, also=[ChatEvent.Kind.CLAIMED.value])


def hand_over(contact: Contact, operator_id: int | None, *, actor: Actor) -> None:
    """The contact goes to that operator, whoever had it; None releases it.

    Opens nothing. Any operator of the manager will do, whatever he sees. Raises
    ContactNotFoundError when the contact has been deleted and OperatorNotFoundError
    when the operator has left.
    """
    values = {"contact": contact.pk, "operator": operator_id}
    with transaction.atomic():
        if _execute(_ASSIGN, values) is None:
            held = lock_contact(contact.pk)
            if held.operator_id == operator_id:
                return
            # Another's until this very moment, and held by us now.
            if _execute(_ASSIGN, values) is None:
                raise OperatorNotFoundError
        kind = ChatEvent.Kind.TRANSFERRED
        if operator_id is None:
            kind = ChatEvent.Kind.RELEASED
        record_in_open_chats([contact.pk], [kind], actor=actor)


def change_area(contact: Contact, area_id: int, *, actor: Actor) -> None:
    """The contact waits in that area from now on.

    Its operator lets go of it unless he serves the new area too; where it already
    is, nothing changes. Raises ContactNotFoundError when it has been deleted.
    """
    with transaction.atomic():
        held = lock_contact(contact.pk)
        if held.area_id == area_id:
            return
        row = _execute(_MOVE, {"area": area_id, "contact": held.pk})
        kinds = [ChatEvent.Kind.ENTERED_AREA]
        if row != (held.operator_id,):
            kinds.append(ChatEvent.Kind.RELEASED)
        record_in_open_chats([held.pk], kinds, actor=actor)


def save_contact(
    caller: Caller, manager_id: int, channel: str, external_id: str, given: ContactInput
) -> Contact:
    """`contacts.saving.save_contact` in the name of a caller.

    An open chat's change of area goes into the ledger. Raises what that raises, and
    ForbiddenError for an operator's session that would give the contact to another
    operator or change one that it may not see.
    """
    with transaction.atomic():
        saved = saving.save_contact(manager_id, channel, external_id, given)
        if given.operator_id:
            act_as(caller, given.operator_id)
        contact, before = saved.contact, saved.before
        if before is None:
            return contact
        if not is_visible(before, caller):
            raise ForbiddenError
        if before.area_id != contact.area_id:
            record_in_open_chats(
                [contact.pk], [ChatEvent.Kind.ENTERED_AREA], actor=actor_of(caller)
            )
    return contact


def delete_contact(contact: Contact, *, actor: Actor) -> None:
    """The contact leaves every answer; its chat is closed, its operator let go.

    Raises ContactNotFoundError when somebody else has deleted it.
    """
    with transaction.atomic():
        held = lock_contact(contact.pk)
        close_chat_of_locked(held, actor=actor)
        _execute(_DELETE, [held.pk])


def release_contacts_of(operator: Operator, *, actor: Actor) -> int:
    """Everything that the operator answers waits again; answers how much it was.

    For one who leaves: nobody else could answer what an inactive operator holds.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK_ALL_OF, [operator.pk])
        held = [contact_id for (contact_id,) in cursor.fetchall()]
        cursor.execute(_RELEASE_ALL, [held])
        record_in_open_chats(held, [ChatEvent.Kind.RELEASED], actor=actor)
    return len(held)


def _claim(contact: Contact, sight: OperatorScope) -> bool:
    values = {
        "contact": contact.pk,
        "operator": sight.operator_id,
        "areas": list(sight.areas),
    }
    return _execute(_CLAIM, values) is not None


def _already_answered(operator_id: int) -> AlreadyAnsweredError:
    row = _execute(_NAME_OF_OPERATOR, [operator_id])
    name = "" if row is None else row[0]
    return AlreadyAnsweredError(operatorId=str(operator_id), operatorName=name)


def _execute(statement: str, values: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone() if cursor.description else None
    return row
