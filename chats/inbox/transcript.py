"""The transcript of a chat: its messages, as of the closing of the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from typing import Any

import orjson
from django.db import connection
from django.utils.translation import gettext as _

from chats.conversations.message_rows import Shape
from chats.files.file_links import FileLink
from chats.inbox.seals import Names, names_in
from chats.messages.store import FILE_CONTENT
from chats.models import Auto
from contacts.lookup import is_visible
from contacts.manager_ref import ManagerRef
from contacts.models import Contact
from contacts.row_mapper import COLUMNS, contact_of
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import (
    AmbiguousContactError,
    ChatNotFoundError,
    ForbiddenError,
    ManagerNotFoundError,
)
from hci_center.times import as_time
from hci_center.visibility import reached_managers, reaches_sql
from managers.lookup import find_manager

_CHATS = f"""
SELECT h.id, h.protocol, h.opened_at, h.closed_at, h.reason, g.name, g.number,
       g.time_zone, {COLUMNS}
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id
  JOIN managers_manager g ON g.id = h.manager_id
 WHERE """  # noqa: S608 - of columns
_BY_PROTOCOL = (
    f"h.protocol = %(protocol)s AND c.deleted_at IS NULL AND {reaches_sql('h.manager_id')}"
    " AND (%(manager)s::bigint IS NULL OR h.manager_id = %(manager)s::bigint)"
)
_BY_ID = "h.id = %(chat)s AND (c.deleted_at IS NULL OR %(deleted_too)s)"
# A text that was edited after the closing is shown in its latest version before that; a
# caption that was added later is omitted.
_MESSAGES = """
SELECT m.created_at, m.direction, m.sender, m.auto, m.type, m.url, a.uuid::text,
       m.details::text, m.content,
       CASE WHEN %(closed)s::timestamptz
                 < (m.details ->> 'edited')::timestamptz THEN coalesce((
         SELECT v.text FROM chats_messageversion v WHERE v.message_id = m.id
          ORDER BY v.written_at <= %(closed)s::timestamptz DESC,
                   abs(extract(epoch FROM v.written_at - %(closed)s::timestamptz)), v.id
          LIMIT 1), '') END,
       coalesce(m.stored_at, greatest(m.created_at, %(opened)s::timestamptz))
  FROM chats_message m LEFT JOIN chats_attachment a ON a.message_id = m.id
 WHERE m.chat_id = %(chat)s ORDER BY m.chat_id, m.id
"""
# A transfer may have added one to the chat after it was closed.
_NOTES = """
SELECT n.created_at, n.author_id, n.actor, n.text FROM chats_note n
 WHERE n.chat_id = %(chat)s
   AND n.created_at <= coalesce(%(closed)s::timestamptz, 'infinity') ORDER BY n.id
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A chat with the data of its transcript."""

    chat_id: int
    protocol: str
    opened_at: datetime
    closed_at: datetime | None
    reason: str
    manager: str
    number: int | None
    time_zone: str
    contact: Contact


@dataclass(frozen=True, slots=True)
class Line:
    """A message or note; `stored` is the file, `url` a link that was sent."""

    at: datetime
    who: str
    text: str
    url: str = ""
    stored: str = ""
    is_note: bool = False
    # The time of receipt or storage: gateways may report earlier times. None: `at`.
    stored_at: datetime | None = None


def find_chat(
    caller: Caller, names: ManagerRef, protocol: str, *, notes: bool
) -> Sealed:
    """Returns the chat of the protocol, if the caller can see its contact.

    Raises ChatNotFoundError, AmbiguousContactError if managers share the protocol, and
    ForbiddenError for the notes if the caller is an operator.
    """
    if notes and caller.role == "operator":
        raise ForbiddenError
    manager_id = None
    if names:
        try:
            manager_id = find_manager(caller, **names)
        except ManagerNotFoundError as error:
            raise ChatNotFoundError from error
    values = {
        "protocol": protocol,
        "manager": manager_id,
        "managers": reached_managers(caller),
    }
    found = [
        chat
        for chat in _chats(_BY_PROTOCOL, values)
        if is_visible(chat.contact, caller)
    ]
    if not found:
        raise ChatNotFoundError
    if len(found) > 1:
        raise AmbiguousContactError
    record_subject(found[0].contact.manager_id, found[0].contact.pk)
    return found[0]


def chat_of_id(chat_id: int, *, deleted_too: bool = False) -> Sealed:
    """Returns a chat; with `deleted_too`, also that of a deleted contact.

    Raises ChatNotFoundError.
    """
    found = _chats(_BY_ID, {"chat": chat_id, "deleted_too": deleted_too})
    if not found:
        raise ChatNotFoundError
    return found[0]


def _chats(condition: str, values: dict[str, Any]) -> list[Sealed]:
    with connection.cursor() as cursor:
        cursor.execute(_CHATS + condition, values)
        return [Sealed(*(*row[:8], contact_of(row[8:]))) for row in cursor.fetchall()]


def lines_of(chat: Sealed, *, notes: bool) -> tuple[str, list[Line]]:
    """Returns the customer's name and the lines, messages in the order of arrival.

    A note comes before the messages that were stored after it was written.
    """
    names = names_in(chat.chat_id)
    values = {
        "chat": chat.chat_id,
        "closed": chat.closed_at,
        "opened": chat.opened_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, values)
        lines = [_line(chat, names, *row) for row in cursor.fetchall()]
        if notes:
            cursor.execute(_NOTES, values)
            written = [
                _note(names, at, str(author or actor), text)
                for at, author, actor, text in cursor.fetchall()
            ]
            lines = list(
                merge(lines, written, key=lambda line: line.stored_at or line.at)
            )
    return names.contact, lines


def _note(names: Names, at: datetime, author: str, text: str) -> Line:
    return Line(at, names.of(author) or _("A program"), text, is_note=True)


def _line(
    chat: Sealed,
    names: Names,
    at: datetime,
    direction: str,
    sender: str,
    auto: str,
    kind: str,
    url: str,
    stored: str | None,
    details: str | None,
    content: str,
    earlier: str | None,
    stored_at: datetime,
) -> Line:
    if kind == "text":
        text = content if earlier is None else earlier
    elif content != FILE_CONTENT:
        text = content
    else:
        extras = {} if details is None else orjson.loads(details)
        text = extras.get("caption", "") if earlier is None else earlier
        text = text or extras.get("fileName", "")
    if direction == "in":
        who = names.contact
    elif auto == Auto.PHONE or sender == str(chat.number):
        who = chat.manager
    else:
        who = names.of(sender)
    who = who or _("Automatic service")
    return Line(at, who, text, url, stored or "", stored_at=stored_at)


def transcript_shape(chat: Sealed, *, notes: bool) -> Shape:
    """Returns the transcript in the API's format, without its HTML page."""
    name, lines = lines_of(chat, notes=notes)
    return {
        "protocol": chat.protocol,
        "manager": chat.manager,
        "contact": {"id": chat.contact.public_id, "name": name},
        "openedAt": as_time(chat.opened_at),
        "closedAt": None if chat.closed_at is None else as_time(chat.closed_at),
        "reason": chat.reason,
        "lines": [
            {
                "at": as_time(line.at),
                "who": line.who,
                "text": line.text,
                "url": FileLink(line.stored) if line.stored else line.url,
            }
            for line in lines
        ],
    }
