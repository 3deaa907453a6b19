"""Reads conversations and marks them as read, for an operator or the service."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from areas.operators import OperatorScope
from chats.conversations.audit import act_as
from chats.conversations.message_rows import Shape, message_shapes
from chats.conversations.queries import (
    Conversation,
    conversation_refs,
    find_conversations,
    messages_of_chat,
    read_conversations,
)
from contacts.lookup import ContactRef, ContactRefValues, names_on
from contacts.manager_ref import ManagerRef
from contacts.models import Channel
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import (
    AmbiguousContactError,
    ChatNotFoundError,
    InvalidError,
    OperatorNotFoundError,
)

# An incoming message increments the contact's counter before it is inserted. Resetting
# the counter locks the contact, so a later statement sees all counted messages.
_COUNT_NONE = """
UPDATE contacts_contact SET unread = 0
 WHERE id = %s AND deleted_at IS NULL AND unread > 0
"""
# Of the chat that is open now: the one that was looked up may have been closed, and the
# counted messages belong to its successor.
_MARK_READ = """
UPDATE chats_message SET status = 'read'
 WHERE direction = 'in' AND status = 'wait' AND chat_id = (
       SELECT id FROM chats_chat WHERE contact_id = %s AND closed_at IS NULL)
"""


# If a manager is named by only its number or only its page, that implies the channel.
_CHANNEL_OF: dict[tuple[str, ...], Channel] = {
    ("number",): Channel.WHATSAPP,
    ("facebook_id",): Channel.FACEBOOK,
}


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Which conversation to read and as which operator; 0 is the service itself.

    A manager named by only its number or only its page implies the channel.
    """

    contact: ContactRef
    operator_id: int
    manager: ManagerRef


@dataclass(frozen=True, slots=True)
class Window:
    """The newest `limit` messages after one message and before another."""

    after: UUID | None = None
    before: UUID | None = None
    limit: int | None = None


def find_conversation(
    caller: Caller, request: ReadRequest, *, closed_too: bool = False
) -> Conversation:
    """Returns the one matching conversation that the caller and operator may see.

    With `closed_too` the contact needs no open chat. Raises OperatorNotFoundError,
    ForbiddenError if an operator's login session names another operator,
    ChatNotFoundError and AmbiguousContactError.
    """
    named = named_contact(request)
    scope, found = find_conversations(
        caller, named, request.manager, request.operator_id
    )
    return _the_one(caller, request, scope, found, closed_too=closed_too)


def named_contact(request: ReadRequest) -> ContactRefValues:
    """Returns the parameters that find the contact of the request."""
    return names_on(_CHANNEL_OF.get(tuple(request.manager)), request.contact)


def _the_one(
    caller: Caller,
    request: ReadRequest,
    scope: OperatorScope | None,
    found: list[Conversation],
    *,
    closed_too: bool,
) -> Conversation:
    if request.operator_id and scope is None:
        raise OperatorNotFoundError
    act_as(caller, request.operator_id)
    seen = [
        one
        for one in found
        if scope is None or scope.can_see(one.contact.area_id, one.contact.operator_id)
    ]
    if len(seen) > 1:
        raise AmbiguousContactError
    if not seen or (seen[0].chat_id is None and not closed_too):
        raise ChatNotFoundError
    contact = seen[0].contact
    record_subject(contact.manager_id, contact.pk)
    return seen[0]


def list_messages(
    caller: Caller,
    request: ReadRequest,
    window: Window,
    *,
    closed_too: bool,
    with_protocols: bool = False,
) -> list[Shape]:
    """Returns the messages of the open chat, or of all chats, oldest first.

    Those of all chats bear the protocols of their chats if `with_protocols`. Raises the
    errors of `find_conversation`, and InvalidError for a window whose messages are not
    the contact's.
    """
    if not closed_too and window.after is None and window.before is None:
        return _list_newest(caller, request, window.limit)
    conversation = find_conversation(caller, request, closed_too=closed_too)
    contact = conversation.contact
    bounds = _bounds(contact.pk, {"after": window.after, "before": window.before})
    chat_id = None if closed_too else conversation.chat_id
    return messages_of_chat(
        contact,
        chat_id,
        limit=window.limit,
        with_protocols=with_protocols,
        **bounds,
    )


def _list_newest(
    caller: Caller, request: ReadRequest, limit: int | None
) -> list[Shape]:
    scope, found, rows = read_conversations(
        caller, named_contact(request), request.manager, request.operator_id, limit
    )
    conversation = _the_one(caller, request, scope, found, closed_too=False)
    if rows is None:
        return messages_of_chat(conversation.contact, conversation.chat_id, limit=limit)
    return message_shapes(rows, conversation.contact.public_id)


def mark_read(caller: Caller, request: ReadRequest) -> int:
    """Marks all messages of the contact in its open chat as read.

    Returns the contact's id. Raises the errors of `find_conversation`.
    """
    conversation = find_conversation(caller, request)
    with transaction.atomic(), connection.cursor() as cursor:
        contact_id = conversation.contact.pk
        cursor.execute(_COUNT_NONE, [contact_id])
        if cursor.rowcount:
            cursor.execute(_MARK_READ, [contact_id])
    return contact_id


def _bounds(contact_id: int, window: dict[str, UUID | None]) -> dict[str, int]:
    named = {name: uuid for name, uuid in window.items() if uuid is not None}
    if not named:
        return {}
    known = conversation_refs(contact_id, list(named.values()))
    unknown = [name for name, uuid in named.items() if uuid not in known]
    if unknown:
        sentence = _("There is no such message.")
        raise InvalidError({name: [sentence] for name in unknown})
    return {name: known[uuid] for name, uuid in named.items()}
