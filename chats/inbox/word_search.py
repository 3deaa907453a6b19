"""Finds the chats in which a message has all of some words, by their newest such one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

# The newest messages by which a word is judged: with so many hits it is common.
FIRST_WINDOW, COMMON_HITS = 20_000, 20
# As many chats as each are asked for their own newest hit.
MOST_CHATS = 2000
# A walk widens its windows, to go through three million messages in a few steps.
WIDEST_WINDOW = 640_000

_QUERY = "SELECT numnode(plainto_tsquery('hci_pt', %(words)s)) > 0"
_TOP = "SELECT coalesce(max(message_id), 0) FROM chats_word"
_MATCH = "w.words @@ plainto_tsquery('hci_pt', %(words)s)"
_OF_MANAGERS = "w.manager_id = ANY(%(managers)s::bigint[])"
_WITHIN = "w.message_id > %(low)s AND w.message_id <= %(high)s"

# Hits with the chats that the list may hold. Of a chat that an earlier page had, there
# is a newer hit up to the first page's newest message: it does not come again.
_FILTERED = f"""
SELECT hit.message_id, m.chat_id
  FROM ({{hits}}) hit
  JOIN chats_message m ON m.id = hit.message_id
  JOIN chats_chat h ON h.id = m.chat_id
  JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.manager_id = ANY(%(managers)s::bigint[]) AND {{conditions}}
   AND NOT EXISTS (
       SELECT FROM chats_message x JOIN chats_word w ON w.message_id = x.id
        WHERE x.chat_id = m.chat_id AND x.id > hit.message_id AND x.id <= %(top)s
          AND {_MATCH})
 ORDER BY hit.message_id DESC LIMIT %(rows)s
"""  # noqa: S608 - of constants
_WALKED = f"SELECT w.message_id FROM chats_word w WHERE {_OF_MANAGERS} AND {_WITHIN} AND {_MATCH} OFFSET 0"  # noqa: S608 - of constants
_COUNTED = f"SELECT count(*) FROM ({_WALKED}) hit"  # noqa: S608 - of constants
# By the index of words. Materialized: the order and the limit outside would make the
# planner walk.
_LOOKED_UP = f"""
WITH found AS MATERIALIZED (
  SELECT w.message_id FROM chats_word w WHERE {_OF_MANAGERS} AND {_MATCH})
SELECT message_id FROM found WHERE message_id <= %(high)s
"""  # noqa: S608 - of constants
_CHATS = """
SELECT h.id FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.manager_id = ANY(%(managers)s::bigint[]) AND {conditions}
 LIMIT %(most)s
"""
_BY_CHAT = f"""
SELECT hit.id, one.chat
  FROM unnest(%(chats)s::bigint[]) AS one (chat), LATERAL (
    SELECT x.id FROM chats_message x JOIN chats_word w ON w.message_id = x.id
     WHERE (x.chat_id, x.id) > (one.chat, 0) AND (x.chat_id, x.id) <= (one.chat, %(top)s)
       AND {_MATCH}
     ORDER BY x.chat_id DESC, x.id DESC LIMIT 1) hit
 WHERE hit.id <= %(high)s
 ORDER BY hit.id DESC LIMIT %(rows)s
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class WordSearch:
    """The words, the filters of the list, and the newest message of its first page.

    Hits after `top` are of the future: so no chat moves while pages are read.
    """

    words: str
    conditions: str
    values: dict[str, Any]
    top: int

    def hits(self, below: int | None, count: int) -> list[tuple[int, int]]:
        """Returns (message, chat) of the next chats, by their newest hit, latest first.

        Those before the message `below`, or the first ones.
        """
        high = self.top if below is None else below - 1
        values = self.values | {
            "words": self.words,
            "top": self.top,
            "high": high,
            "rows": count,
        }
        with connection.cursor() as cursor:
            cursor.execute(_QUERY, values)
            if not cursor.fetchone()[0]:
                return []
            if not self._is_common(cursor, values):
                return self._read(cursor, self._filtered(_LOOKED_UP), values)
            chats = self._few_chats(cursor, values)
            if chats is not None:
                return self._read(cursor, _BY_CHAT, values | {"chats": chats})
            return self._walk(cursor, values, count)

    def _is_common(self, cursor: Any, values: dict[str, Any]) -> bool:
        window = {"low": self.top - FIRST_WINDOW, "high": self.top}
        cursor.execute(_COUNTED, values | window)
        return bool(cursor.fetchone()[0] >= COMMON_HITS)

    def _few_chats(self, cursor: Any, values: dict[str, Any]) -> list[int] | None:
        statement = _CHATS.format(conditions=self.conditions)
        cursor.execute(statement, values | {"most": MOST_CHATS + 1})
        rows = cursor.fetchall()
        return None if len(rows) > MOST_CHATS else [row[0] for row in rows]

    def _walk(
        self, cursor: Any, values: dict[str, Any], count: int
    ) -> list[tuple[int, int]]:
        statement = self._filtered(_WALKED)
        found: list[tuple[int, int]] = []
        high, window = values["high"], FIRST_WINDOW
        while len(found) < count and high > 0:
            bounds = {
                "low": high - window,
                "high": high,
                "rows": count - len(found),
            }
            found += self._read(cursor, statement, values | bounds)
            high, window = high - window, min(window * 2, WIDEST_WINDOW)
        return found

    def _filtered(self, hits: str) -> str:
        return _FILTERED.format(hits=hits, conditions=self.conditions)

    def _read(
        self, cursor: Any, statement: str, values: dict[str, Any]
    ) -> list[tuple[int, int]]:
        cursor.execute(statement, values)
        return [(row[0], row[1]) for row in cursor.fetchall()]


def newest_message() -> int:
    """Returns the newest indexed message: the `top` of a first page."""
    with connection.cursor() as cursor:
        cursor.execute(_TOP)
        top: int = cursor.fetchone()[0]
    return top
