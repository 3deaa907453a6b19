"""An operator, or the service itself, reads the conversation with a contact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from areas.operators import OperatorScope
from chats.conversations.audit import act_as
from chats.conversations.queries import (
    Conversation,
    Shape,
    conversation_refs,
    find_conversations,
    message_shapes,
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

# A message is counted on its contact before it is stored. So whoever has set the
# count to nothing holds the contact, and a statement after that sees them all.
_COUNT_NONE = """
UPDATE contacts_contact SET unread = 0
 WHERE id = %s AND deleted_at IS NULL AND unread > 0
"""
# Of the chat that is open by then: the one that was looked up may have been closed, and
# what was counted belongs to its successor.
_MARK_READ = """
UPDATE chats_message SET status = 'read'
 WHERE direction = 'in' AND status = 'wait' AND chat_id = (
       SELECT id FROM chats_chat WHERE contact_id = %s AND closed_at IS NULL)
"""


# A manager's number or page, said alone, says the channel with the manager.
_CHANNEL_OF: dict[tuple[str, ...], Channel] = {
    ("number",): Channel.WHATSAPP,
    ("facebook_id",): Channel.FACEBOOK,
}


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Whose conversation, and as whom: `operator_id` 0 is the service itself.

    A number or a page, alone, says the channel with the manager.
    """

    contact: ContactRef
    operator_id: int
    manager: ManagerRef


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a conversation: after one message, before another, its newest."""

    after: UUID | None = None
    before: UUID | None = None
    limit: int | None = None


def find_conversation(
    caller: Caller, asked: ReadRequest, *, closed_too: bool = False
) -> Conversation:
    """The one conversation meant, among those that the caller and the operator see.

    With `closed_too` none need be open. Raises OperatorNotFoundError, ForbiddenError
    for a session that says another operator, ChatNotFoundError and
    AmbiguousContactError.
    """
    named = _named(asked)
    sight, found = find_conversations(caller, named, asked.manager, asked.operator_id)
    return _the_one(caller, asked, sight, found, closed_too=closed_too)


def _named(asked: ReadRequest) -> ContactRefValues:
    return names_on(_CHANNEL_OF.get(tuple(asked.manager)), asked.contact)


def _the_one(
    caller: Caller,
    asked: ReadRequest,
    sight: OperatorScope | None,
    found: list[Conversation],
    *,
    closed_too: bool,
) -> Conversation:
    if asked.operator_id and sight is None:
        raise OperatorNotFoundError
    act_as(caller, asked.operator_id)
    seen = [
        one
        for one in found
        if sight is None or sight.can_see(one.contact.area_id, one.contact.operator_id)
    ]
    if len(seen) > 1:
        raise AmbiguousContactError
    if not seen or (seen[0].chat_id is None and not closed_too):
        raise ChatNotFoundError
    contact = seen[0].contact
    record_subject(contact.manager_id, contact.pk)
    return seen[0]


def list_messages(
    caller: Caller, asked: ReadRequest, window: Window, *, closed_too: bool
) -> list[Shape]:
    """The messages of the open chat, or of all chats, oldest first.

    Raises what `find_conversation` does, and InvalidError for a window whose
    messages are not the contact's.
    """
    if not closed_too and window.after is None and window.before is None:
        return _list_newest(caller, asked, window.limit)
    conversation = find_conversation(caller, asked, closed_too=closed_too)
    contact = conversation.contact
    bounds = _bounds(contact.pk, {"after": window.after, "before": window.before})
    chat_id = None if closed_too else conversation.chat_id
    return messages_of_chat(contact, chat_id, limit=window.limit, **bounds)


def _list_newest(caller: Caller, asked: ReadRequest, limit: int | None) -> list[Shape]:
    sight, found, rows = read_conversations(
        caller, _named(asked), asked.manager, asked.operator_id, limit
    )
    conversation = _the_one(caller, asked, sight, found, closed_too=False)
    if rows is None:
        return messages_of_chat(conversation.contact, conversation.chat_id, limit=limit)
    return message_shapes(rows, conversation.contact.public_id)


def mark_read(caller: Caller, asked: ReadRequest) -> int:
    """Everything the contact wrote in its open chat has been read; answers its id.

    Raises what `find_conversation` does.
    """
    conversation = find_conversation(caller, asked)
    with transaction.atomic(), connection.cursor() as cursor:
        contact_id = conversation.contact.pk
        cursor.execute(_COUNT_NONE, [contact_id])
        if cursor.rowcount:
            cursor.execute(_MARK_READ, [contact_id])
    return contact_id


def _bounds(contact_id: int, said: dict[str, UUID | None]) -> dict[str, int]:
    named = {name: uuid for name, uuid in said.items() if uuid is not None}
    if not named:
        return {}
    known = conversation_refs(contact_id, list(named.values()))
    unknown = [name for name, uuid in named.items() if uuid not in known]
    if unknown:
        sentence = _("There is no such message.")
        raise InvalidError({name: [sentence] for name in unknown})
    return {name: known[uuid] for name, uuid in named.items()}
