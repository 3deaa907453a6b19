"""Internal notes on chats, for operators only.

No statement that stores, counts or lists messages reads their table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.audit import Actor, record
from chats.conversations.message_rows import Shape
from chats.conversations.reading import ReadRequest, find_conversation
from chats.inbox.locked import lock_seen, operators_seeing
from chats.models import Chat, ChatEvent
from contacts.models import Contact
from contacts.queries import AS_TIME
from hci_center.callers import Caller
from hci_center.errors import ChatNotFoundError, InvalidError

LONGEST_NOTE = 4096
MOST_MENTIONS = 50

# `author` is the name of the operator or, for other users, that of the account.
_NOTE = f"""n.id::text, n.text, coalesce(n.author_id::text, '0'),
       n.mentions::text, {AS_TIME.format("n.created_at")}, h.protocol,
       coalesce(o.name, nullif(concat_ws(' ', nullif(u.first_name, ''),
                                         nullif(u.last_name, '')), ''),
                u.username, '')"""
_NAMES = """JOIN chats_chat h ON h.id = n.chat_id
  LEFT JOIN areas_operator o ON o.id = n.author_id
  LEFT JOIN auth_user u
    ON n.author_id IS NULL AND n.actor = 'user:' || u.id"""
_WRITE = f"""
WITH n AS (
  INSERT INTO chats_note (chat_id, author_id, actor, text, mentions, created_at)
  VALUES (%(chat)s, %(author)s, %(actor)s, %(text)s, %(mentions)s::jsonb,
          clock_timestamp())
  RETURNING *)
SELECT {_NOTE} FROM n {_NAMES}
"""  # noqa: S608 - of columns
_LIST = f"""
SELECT {_NOTE} FROM chats_note n {_NAMES}
 WHERE h.contact_id = %(contact)s AND {{which}}
 ORDER BY n.id DESC LIMIT %(limit)s
"""  # noqa: S608 - of columns
_OF_CHAT = " AND h.protocol = %(protocol)s"
_BEFORE = " AND n.id < %(before)s"
_IS_OF_CONTACT = """
SELECT EXISTS (SELECT FROM chats_note n JOIN chats_chat h ON h.id = n.chat_id
                WHERE n.id = %s AND h.contact_id = %s)
"""
# The open chat, else the latest.
_LATEST_CHAT = """
SELECT id, manager_id, closed_at IS NULL FROM chats_chat
 WHERE contact_id = %s ORDER BY closed_at IS NULL DESC, id DESC LIMIT 1
"""


def write_note(
    caller: Caller, request: ReadRequest, text: str, mentions: Sequence[int] = ()
) -> Shape:
    """Stores a note on the contact's open chat and returns it.

    Raises the errors of `find_conversation`, and InvalidError if a mentioned operator
    cannot see the contact now: a mention gives no access.
    """
    refuse_blank(text)
    with transaction.atomic():
        contact, actor = lock_seen(caller, request)
        chat, is_open = _latest_chat(contact.pk)
        if chat is None or not is_open:
            raise ChatNotFoundError
        mentions = list(dict.fromkeys(mentions))
        if set(mentions) - operators_seeing(contact.pk, mentions):
            sentence = _("Only operators who can see this contact can be mentioned.")
            raise InvalidError({"mentions": [sentence]})
        return _write(chat, contact, text, mentions, actor)


def note_of_locked(contact: Contact, text: str, actor: Actor) -> None:
    """Stores a note on the open chat of a contact that the transaction has locked.

    Without an open chat it is stored on the latest one. Raises InvalidError if there is
    none.
    """
    chat, _is_open = _latest_chat(contact.pk)
    if chat is None:
        raise InvalidError({"note": [_("This contact has no chat to add a note to.")]})
    _write(chat, contact, text, [], actor)


def refuse_blank(text: str, field: str = "text") -> None:
    """Raises InvalidError for a blank note."""
    if not text.strip():
        raise InvalidError({field: [_("This contains only blanks.")]})


def list_notes(
    caller: Caller,
    request: ReadRequest,
    *,
    protocol: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Shape]:
    """Returns the newest notes on all chats of the contact, or on one, oldest first.

    `before` is a note of the contact. Raises the errors of `find_conversation`, but
    needs no open chat; ChatNotFoundError if the contact has no chat of that protocol.
    """
    conversation = find_conversation(caller, request, closed_too=True)
    contact_id = conversation.contact.pk
    which = "true"
    if protocol is not None:
        if not Chat.objects.filter(contact=contact_id, protocol=protocol).exists():
            raise ChatNotFoundError
        which += _OF_CHAT
    values: dict[str, Any] = {
        "contact": contact_id,
        "protocol": protocol,
        "before": before,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        if before is not None:
            cursor.execute(_IS_OF_CONTACT, [before, contact_id])
            if cursor.fetchone() != (True,):
                raise InvalidError({"before": [_("There is no such note.")]})
            which += _BEFORE
        cursor.execute(_LIST.format(which=which), values)
        return [_shape(row) for row in reversed(cursor.fetchall())]


def _latest_chat(contact_id: int) -> tuple[Chat | None, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_CHAT, [contact_id])
        row = cursor.fetchone()
    if row is None:
        return None, False
    chat_id, manager_id, is_open = row
    return Chat(pk=chat_id, manager_id=manager_id, contact_id=contact_id), is_open


def _write(
    chat: Chat, contact: Contact, text: str, mentions: list[int], actor: Actor
) -> Shape:
    values: dict[str, Any] = {
        "chat": chat.pk,
        "author": actor.operator_id,
        "actor": actor.credential,
        "text": text,
        "mentions": json.dumps(mentions),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        shape = _shape(cursor.fetchone())
    record(
        chat,
        ChatEvent.Kind.NOTED,
        actor=actor,
        area_id=contact.area_id,
        operator_id=contact.operator_id,
        sa=contact.sa,
        detail={"note": int(shape["id"])},
    )
    return shape


def _shape(row: Any) -> Shape:
    note_id, text, operator_id, mentions, created_at, protocol, author = row
    return {
        "id": note_id,
        "text": text,
        "operatorId": operator_id,
        "mentions": [str(each) for each in json.loads(mentions)],
        "createdAt": created_at,
        "protocol": protocol,
        "author": author,
    }
