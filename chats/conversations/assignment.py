"""Assigns contacts to operators and areas and records each change as a ChatEvent.

Every operation locks the contact first (see `chats.conversations.lifecycle` for the
order of locks), so concurrent callers are serialized and the events are in order.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from areas.models import Operator
from areas.operators import OperatorScope
from chats.conversations.audit import (
    Actor,
    Entry,
    act_as,
    actor_of,
    record_in_open_chats,
)
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
from hci_center.visibility import operator_parameters, operator_sees_sql

# Deactivating the operator conflicts with this lock, so that no contact is assigned to
# an operator after his contacts were released.
_IN_SERVICE = """
EXISTS (SELECT FROM areas_operator
         WHERE id = %(operator)s AND is_active FOR SHARE)
"""
# Only one of several concurrent callers finds the contact free. The operator must still
# see the contact: its area may have changed since it was looked up.
_CLAIM = f"""
UPDATE contacts_contact SET operator_id = %(operator)s
 WHERE id = %(contact)s AND deleted_at IS NULL AND operator_id IS NULL
   AND {operator_sees_sql("area_id", "operator_id")}
   AND {_IN_SERVICE}
RETURNING id
"""  # noqa: S608 - of a condition
_NAME_OF_OPERATOR = "SELECT name FROM areas_operator WHERE id = %s"
_ASSIGN = f"""
UPDATE contacts_contact
   SET operator_id = %(operator)s::bigint,
       queued_at = CASE WHEN %(operator)s::bigint IS NULL
                        THEN coalesce(waiting_since, clock_timestamp())
                        ELSE queued_at END
 WHERE id = %(contact)s AND deleted_at IS NULL
   AND operator_id IS DISTINCT FROM %(operator)s::bigint
   AND (%(operator)s::bigint IS NULL OR {_IN_SERVICE})
RETURNING id
"""  # noqa: S608 - of a condition
# The operator keeps the contact only if he serves the new area too.
_MOVE = """
UPDATE contacts_contact c
   SET area_id = %(area)s, queued_at = clock_timestamp(),
       operator_id = (SELECT s.operator_id FROM areas_operatorarea s
                       WHERE s.operator_id = c.operator_id AND s.area_id = %(area)s)
 WHERE id = %(contact)s
RETURNING operator_id
"""
# An open chat without any event except its opening.
_IS_UNTOUCHED = """
SELECT 1 FROM chats_chat h
 WHERE h.contact_id = %s AND h.closed_at IS NULL
   AND NOT EXISTS (SELECT FROM chats_chatevent e
                    WHERE e.chat_id = h.id AND e.kind <> 'opened')
"""
# Ordered by id, so that two concurrent releases cannot deadlock.
_LOCK_ALL_OF = """
SELECT id FROM contacts_contact
 WHERE operator_id = %s AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE
"""
# The contact keeps its place: it has been waiting since its first unanswered message.
_RELEASE_ALL = """
UPDATE contacts_contact
   SET operator_id = NULL, queued_at = coalesce(waiting_since, clock_timestamp())
 WHERE id = ANY(%s)
"""
# Cancels everything pending for the contact.
_DELETE = """
WITH tasks AS (
  DELETE FROM chats_task WHERE contact_id = %(contact)s
), surveys AS (
  UPDATE chats_survey SET state = 'void'
   WHERE contact_id = %(contact)s AND state = 'asked'
), later AS (
  UPDATE chats_scheduled SET state = 'cancelled'
   WHERE contact_id = %(contact)s AND state = 'waiting'
)
UPDATE contacts_contact
   SET deleted_at = clock_timestamp(), operator_id = NULL, unread = 0,
       waiting_since = NULL, queued_at = NULL, away_until = NULL
 WHERE id = %(contact)s
"""


def claim(contact: Contact, scope: OperatorScope, *, actor: Actor) -> None:
    """Assigns the contact to the operator and opens a chat if none is open.

    Exactly one of several concurrent callers succeeds; repeating a successful claim
    changes nothing. Raises ForbiddenError if the operator may not see the contact,
    AlreadyAnsweredError (with the operator who answers it), ContactNotFoundError if
    the contact has been deleted and OperatorNotFoundError if the operator is no longer
    active.
    """
    with transaction.atomic():
        # No attempt is made for a contact that was loaded as assigned.
        if contact.operator_id is not None or not _claim(contact, scope):
            locked = lock_contact(contact.pk)
            if not scope.can_see(locked.area_id, locked.operator_id):
                raise ForbiddenError
            if locked.operator_id == scope.operator_id:
                open_chat_of_locked(locked, actor=actor)
                return
            if locked.operator_id is not None:
                raise _already_answered(locked.operator_id)
            # It was released before we locked it.
            if not _claim(contact, scope):
                raise OperatorNotFoundError
        open_chat_of_locked(contact, actor=actor, also=[ChatEvent.Kind.CLAIMED.value])


def hand_over(
    contact: Contact, operator_id: int | None, *, actor: Actor, reason: str = ""
) -> None:
    """Assigns the contact to an operator, whoever had it; None releases it.

    `reason` is the code of a transfer reason. Opens no chat. The operator may be any of
    the manager's, whatever areas he serves. Raises ContactNotFoundError if the contact
    has been deleted and OperatorNotFoundError if the operator is no longer active.
    """
    values = {"contact": contact.pk, "operator": operator_id}
    with transaction.atomic():
        if _execute(_ASSIGN, values) is None:
            locked = lock_contact(contact.pk)
            if locked.operator_id == operator_id:
                return
            # Its operator changed before we locked it.
            if _execute(_ASSIGN, values) is None:
                raise OperatorNotFoundError
        entry = Entry(ChatEvent.Kind.TRANSFERRED, ChatEvent.Cause.HANDOVER)
        if operator_id is None:
            entry = Entry(ChatEvent.Kind.RELEASED, ChatEvent.Cause.OPERATOR)
        detail = _detail_of(reason)
        record_in_open_chats([contact.pk], [entry], actor=actor, detail=detail)


def change_area(
    contact: Contact, area_id: int, *, actor: Actor, reason: str = ""
) -> None:
    """Moves the contact to an area; `reason` is the code of a transfer reason.

    Releases it from its operator unless he serves the new area too. If the contact is
    already in the area, only the first choice of an area in a chat that nobody has
    answered is recorded: it ends what a bot does before. Raises ContactNotFoundError if
    it has been deleted.
    """
    with transaction.atomic():
        locked = lock_contact(contact.pk)
        if locked.area_id == area_id:
            _record_first_choice(locked, actor=actor)
            return
        move_locked(locked, area_id, actor=actor, reason=reason)


def move_locked(
    contact: Contact,
    area_id: int,
    *,
    actor: Actor,
    cause: str = "",
    reason: str = "",
) -> None:
    """Moves a contact that the transaction has locked, like `change_area`.

    Changes the instance too.
    """
    row = _execute(_MOVE, {"area": area_id, "contact": contact.pk})
    entries = [Entry(ChatEvent.Kind.ENTERED_AREA, cause)]
    if row != (contact.operator_id,):
        entries.append(Entry(ChatEvent.Kind.RELEASED, ChatEvent.Cause.AREA))
        contact.operator_id = None
    contact.area_id = area_id
    detail = _detail_of(reason)
    record_in_open_chats([contact.pk], entries, actor=actor, detail=detail)


def save_contact(
    caller: Caller, manager_id: int, channel: str, external_id: str, data: ContactInput
) -> Contact:
    """Calls `contacts.saving.save_contact` with the permissions of a caller.

    Records an open chat's change of area as a ChatEvent. Raises the errors of the
    wrapped function, and ForbiddenError if an operator's login session would assign the
    contact to another operator or change a contact that it may not see.
    """
    with transaction.atomic():
        saved = saving.save_contact(manager_id, channel, external_id, data)
        if data.operator_id:
            act_as(caller, data.operator_id)
        contact, before = saved.contact, saved.before
        if before is None:
            return contact
        if not is_visible(before, caller):
            raise ForbiddenError
        if before.area_id != contact.area_id:
            record_in_open_chats(
                [contact.pk],
                [Entry(ChatEvent.Kind.ENTERED_AREA)],
                actor=actor_of(caller),
            )
    return contact


def delete_contact(contact: Contact, *, actor: Actor) -> None:
    """Soft-deletes the contact, closes its chat and releases its operator.

    Its tasks are deleted, its pending survey becomes void and its scheduled messages
    are cancelled.

    Raises ContactNotFoundError if it has been deleted already.
    """
    with transaction.atomic():
        locked = lock_contact(contact.pk)
        close_chat_of_locked(locked, actor=actor, cause=ChatEvent.Cause.DELETED)
        _execute(_DELETE, {"contact": locked.pk})


def release_contacts_of(operator: Operator, *, actor: Actor) -> int:
    """Releases all contacts of the operator and returns their number.

    For an operator who is deactivated: nobody else could claim his contacts.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK_ALL_OF, [operator.pk])
        contact_ids = [contact_id for (contact_id,) in cursor.fetchall()]
        cursor.execute(_RELEASE_ALL, [contact_ids])
        entry = Entry(ChatEvent.Kind.RELEASED, ChatEvent.Cause.LEFT)
        record_in_open_chats(contact_ids, [entry], actor=actor)
    return len(contact_ids)


def _record_first_choice(contact: Contact, *, actor: Actor) -> None:
    if contact.operator_id is None and _execute(_IS_UNTOUCHED, [contact.pk]):
        record_in_open_chats(
            [contact.pk], [Entry(ChatEvent.Kind.ENTERED_AREA)], actor=actor
        )


def _detail_of(reason: str) -> dict[str, Any] | None:
    return {"reason": reason} if reason else None


def _claim(contact: Contact, scope: OperatorScope) -> bool:
    values = {
        "contact": contact.pk,
        "operator": scope.operator_id,
        **operator_parameters(scope.operator_id, scope.areas),
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
