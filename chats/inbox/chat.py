"""Returns one chat as a line of the list, with all names of its contact."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.conversations.message_rows import Shape
from chats.conversations.queries import Conversation
from chats.conversations.reading import ReadRequest, find_conversation
from chats.inbox.line import LINES, line_shapes
from hci_center.callers import Caller
from hci_center.errors import ChatNotFoundError

_CHAT = """
SELECT h.id, 0 AS extra, 0 AS place FROM chats_chat h
 WHERE h.contact_id = %(contact)s AND {which}
"""
# The open chat, else the latest.
_LATEST = "TRUE ORDER BY h.closed_at IS NULL DESC, h.id DESC LIMIT 1"
_NAMED = "h.protocol = %(protocol)s"
_ALIASES = "SELECT alias FROM contacts_identity WHERE contact_id = %s ORDER BY alias"


def get_chat(caller: Caller, request: ReadRequest, protocol: str | None) -> Shape:
    """Returns the contact's open chat, else its latest, or that of the protocol.

    Raises the errors of `find_conversation`.
    """
    conversation = find_conversation(caller, request, closed_too=True)
    return chat_of(conversation, protocol)


def chat_of(conversation: Conversation, protocol: str | None) -> Shape:
    """Returns the same for a resolved contact; raises ChatNotFoundError."""
    contact_id = conversation.contact.pk
    page = _CHAT.format(which=_LATEST if protocol is None else _NAMED)
    values: dict[str, Any] = {"contact": contact_id, "protocol": protocol}
    with connection.cursor() as cursor:
        cursor.execute(LINES.format(page=page), values)
        rows = cursor.fetchall()
        if not rows:
            raise ChatNotFoundError
        cursor.execute(_ALIASES, [contact_id])
        aliases = [row[0] for row in cursor.fetchall()]
    return line_shapes(rows)[0] | {"aliases": aliases}
