"""Closes chats for consoles, with a reason and a survey, and reopens them."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import reopen_chat_of_locked
from chats.conversations.message_rows import Shape
from chats.conversations.queries import messages_of_chat
from chats.conversations.reading import ReadRequest, find_conversation
from chats.inbox.locked import lock_seen
from chats.models import Chat, ChatEvent
from chats.rules.closing import (
    Closing,
    close_with_texts,
    reasons_for,
    require_reason,
)
from chats.rules.context import RuleContext, lock_context
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.errors import (
    AlreadyAnsweredError,
    AlreadyOpenError,
    ChatNotFoundError,
    InvalidError,
    OperatorNotFoundError,
    TooLateError,
)

# How long after its closing a chat can be reopened.
REOPENED_WITHIN = timedelta(days=7)

# Locked before the contact, as claims do, so that he cannot be deactivated meanwhile.
_IN_SERVICE = """
SELECT name FROM areas_operator WHERE id = %s AND is_active FOR SHARE
"""
_NAME = "SELECT name FROM areas_operator WHERE id = %s"


def close(
    caller: Caller, request: ReadRequest, *, reason: str = "", survey: bool = True
) -> Shape:
    """Closes the open chat of the call as resolved.

    The customer is asked for a rating if the policy says so, `survey` is not false, and
    the chat is closed by a person or in the name of an operator. Raises the errors of
    `find_conversation`, and InvalidError for an unknown reason, or a missing one where
    people must give one.
    """
    with transaction.atomic():
        contact, actor = lock_seen(caller, request)
        context = lock_context(contact.pk)
        if context is None:
            raise ChatNotFoundError
        _validate_reason(caller, context, reason)
        is_person = caller.is_person or bool(request.operator_id)
        closing = Closing(ChatEvent.Cause.RESOLVED, reason, asks=survey and is_person)
        is_asked = close_with_texts(context, closing, actor)
    return {"protocol": context.chat.protocol, "reason": reason, "survey": is_asked}


def reopen(
    caller: Caller, request: ReadRequest, protocol: str, *, claims: bool = False
) -> Shape:
    """Reopens the chat of that protocol; with `claims`, the operator claims it.

    Raises the errors of `find_conversation`, ChatNotFoundError for a protocol that is
    not the contact's, AlreadyOpenError, TooLateError, AlreadyAnsweredError, and
    InvalidError if there is no operator to claim it.
    """
    operator_id = request.operator_id if claims else None
    if operator_id == 0:
        raise InvalidError({"claim": [_("This needs an operator.")]})
    with transaction.atomic():
        if operator_id is not None:
            # Only callers who may act in his name lock him.
            find_conversation(caller, request, closed_too=True)
            _lock_operator(operator_id)
        contact, actor = lock_seen(caller, request, closed_too=True)
        chat = _reopened(contact, protocol, operator_id, actor)
    return {
        "contactId": contact.public_id,
        "operatorId": str(contact.operator_id) if contact.operator_id else 0,
        "messages": messages_of_chat(contact, chat.pk),
        "protocol": chat.protocol,
    }


def _reopened(
    contact: Contact, protocol: str, operator_id: int | None, actor: Actor
) -> Chat:
    closed = Chat.objects.filter(contact=contact, protocol=protocol).first()
    if closed is None:
        raise ChatNotFoundError
    if Chat.objects.open().filter(contact=contact).exists():
        raise AlreadyOpenError
    if closed.closed_at is None or timezone.now() - closed.closed_at > REOPENED_WITHIN:
        raise TooLateError
    holder = contact.operator_id
    if operator_id is not None and holder not in (None, operator_id):
        raise _already_answered(holder)
    chat = reopen_chat_of_locked(
        contact,
        closed.pk,
        actor=actor,
        cause=ChatEvent.Cause.CALL,
        operator_id=operator_id,
    )
    if chat is None:
        raise ChatNotFoundError
    return chat


def _validate_reason(caller: Caller, context: RuleContext, reason: str) -> None:
    if reason:
        require_reason(context.contact, reason)
        return
    is_required = caller.is_person and context.policy.closing_reason_required
    # A reason cannot be required if there are none.
    if is_required and reasons_for(context.contact):
        raise InvalidError({"reason": [_("This field is required.")]})


def _lock_operator(operator_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_IN_SERVICE, [operator_id])
        if cursor.fetchone() is None:
            raise OperatorNotFoundError


def _already_answered(operator_id: int | None) -> AlreadyAnsweredError:
    with connection.cursor() as cursor:
        cursor.execute(_NAME, [operator_id])
        row = cursor.fetchone()
    name = "" if row is None else row[0]
    return AlreadyAnsweredError(operatorId=str(operator_id), operatorName=name)
