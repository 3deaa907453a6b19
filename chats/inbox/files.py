"""Lists the files of a contact, of all its chats, newest first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from chats.conversations.message_rows import Shape
from chats.conversations.queries import conversation_refs
from chats.conversations.reading import ReadRequest, find_conversation
from chats.files.file_links import FileLink
from contacts.queries import AS_TIME
from hci_center.callers import Caller
from hci_center.errors import InvalidError

# The newest of each chat, read backwards along its index. Chat and id are compared as a
# row, and the limit is hidden from the planner, as in `conversations.queries`.
_FILES = f"""
SELECT m.uuid::text, m.type, coalesce(m.details ->> 'fileName', ''), a.size,
       {AS_TIME.format("m.created_at")}, a.uuid::text, m.url
  FROM (SELECT said.id FROM chats_chat h, LATERAL (
          SELECT m.id FROM chats_message m
            LEFT JOIN chats_attachment a ON a.message_id = m.id
           WHERE (m.chat_id, m.id) > (h.id, 0)
             AND (m.chat_id, m.id) < (h.id, %(before)s)
             AND m.type <> 'text' AND (a.id IS NOT NULL OR m.url <> '')
             AND NOT coalesce(m.details ? 'deleted', false)
           ORDER BY m.chat_id DESC, m.id DESC LIMIT (SELECT %(limit)s::bigint)) said
         WHERE h.contact_id = %(contact)s ORDER BY said.id DESC LIMIT %(limit)s) newest
  JOIN chats_message m ON m.id = newest.id
  LEFT JOIN chats_attachment a ON a.message_id = m.id
 ORDER BY m.id DESC
"""  # noqa: S608 - of columns
_LAST = 2**63 - 1


def list_files(
    caller: Caller, request: ReadRequest, before: UUID | None, limit: int
) -> list[Shape]:
    """Returns the newest files before a message, without deleted ones.

    Raises the errors of `find_conversation`, and InvalidError if `before` is not a
    message of the contact.
    """
    contact_id = find_conversation(caller, request, closed_too=True).contact.pk
    place = _LAST
    if before is not None:
        known = conversation_refs(contact_id, [before])
        if before not in known:
            raise InvalidError({"before": [_("There is no such message.")]})
        place = known[before]
    values: dict[str, Any] = {"contact": contact_id, "before": place, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_FILES, values)
        return [
            {
                "id": uuid,
                "type": kind,
                "fileName": name,
                "size": size,
                "createdAt": at,
                "url": url if stored is None else FileLink(stored),
            }
            for uuid, kind, name, size, at, stored, url in cursor.fetchall()
        ]
