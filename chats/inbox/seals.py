"""The names in a transcript: as of the closing of the chat, or the current ones.

The trigger `seal_transcript` stores them in the statement that closes a chat, also
after a reopening.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from django.db import connection

_NAMES = """
SELECT coalesce(s.contact_name, c.name), coalesce(s.people, people_in_chat(h.id))::text
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id
  LEFT JOIN chats_transcriptseal s ON s.chat_id = h.id AND h.closed_at IS NOT NULL
 WHERE h.id = %s
"""


@dataclass(frozen=True, slots=True)
class Names:
    """The customer's name, and the others' names by operator id or credential."""

    contact: str
    people: dict[str, str]

    def of(self, sender: str) -> str:
        """Returns the name, or "" for the service and for programs."""
        return self.people.get(sender, "")


def names_in(chat_id: int) -> Names:
    """Returns the names of a chat: the stored ones if it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [chat_id])
        name, people = cursor.fetchone()
    return Names(name, orjson.loads(people))
