"""Finds chats with a message that contains all of some words, by their latest hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from chats.inbox.scope import CONTACT_OF_CHAT

# A word with this many hits in the newest messages is common.
FIRST_WINDOW, COMMON_HITS = 20_000, 20
# The maximum number of chats that are searched individually for their newest hit.
MOST_CHATS = 2000
# A scan reads about this many hits for each chat that it needs; then its windows widen,
# to cover three million messages in a few steps.
HITS_A_CHAT, NARROWEST_WINDOW, WIDEST_WINDOW = 4, 200, 640_000

# A parameter of that type is parsed once. A call of plainto_tsquery would be evaluated
# for each message with a generic plan.
_QUERY = """
SELECT q::text, numnode(q) > 0 FROM plainto_tsquery('hci_pt', %(words)s) q
"""
_TOP = "SELECT coalesce(max(message_id), 0) FROM chats_word"
_OF_MANAGERS = "w.manager_id = ANY(%(managers)s::bigint[])"
_WITHIN = "w.message_id > %(low)s AND w.message_id <= %(high)s"
_MATCH = "w.words @@ %(query)s::tsquery"
# A subquery, not a join: evaluated for one message at a time, until one matches.
_SAYS = f"(SELECT {_MATCH} FROM chats_word w WHERE w.message_id = x.id)"  # noqa: S608 - of constants

# OFFSET 0: the words are compared after the range was read. The index of words would
# read all messages with a common word for each window.
_WALKED = f"""
SELECT w.message_id FROM (
  SELECT w.message_id, w.words FROM chats_word w
   WHERE {_OF_MANAGERS} AND {_WITHIN} OFFSET 0) w
 WHERE {_MATCH}
"""  # noqa: S608 - of constants
_COUNTED = f"SELECT count(*) FROM ({_WALKED}) hit"  # noqa: S608 - of constants
# By the index of words. Materialized, because the outer query would make the planner
# scan.
_LOOKED_UP = f"""
WITH found AS MATERIALIZED (
  SELECT w.message_id FROM chats_word w WHERE {_OF_MANAGERS} AND {_MATCH})
SELECT message_id FROM found WHERE message_id <= %(top)s
"""  # noqa: S608 - of constants
# Each chat of the hits once, with its newest hit; then the filters of the list.
# Materialized, and the chats as a subquery: the planner does not know how many hits
# there are. It would look up the newest one for each hit of a chat anew, or read all
# messages. In the order of the list, so that no more chats are looked up than are
# listed.
_FILTERED = """
WITH newest AS MATERIALIZED (
  SELECT said.chat_id, max(said.message_id) AS message_id
    FROM (SELECT hit.message_id, (SELECT m.chat_id FROM chats_message m
                                   WHERE m.id = hit.message_id) AS chat_id
            FROM ({hits}) hit OFFSET 0) said
   GROUP BY said.chat_id ORDER BY 2 DESC)
SELECT newest.message_id, newest.chat_id
  FROM newest
  CROSS JOIN LATERAL (
    SELECT k.id, k.manager_id, k.contact_id, k.protocol, k.opened_at, k.closed_at
      FROM chats_chat k WHERE k.id = newest.chat_id OFFSET 0) h
  {contact}
 WHERE newest.message_id <= %(high)s AND h.manager_id = ANY(%(managers)s::bigint[])
   AND {conditions} {unless}
 ORDER BY newest.message_id DESC LIMIT %(rows)s
"""
# A chat of an earlier window or page has a newer hit up to the first page's newest
# message, so it is not repeated. OFFSET 0: evaluated per chat, because a join with all
# hits of all chats would take seconds.
_UNLESS_NEWER = f"""
   AND NOT EXISTS (
       SELECT FROM chats_message x
        WHERE (x.chat_id, x.id) > (newest.chat_id, %(high)s)
          AND (x.chat_id, x.id) <= (newest.chat_id, %(top)s) AND {_SAYS} OFFSET 0)
"""
_CHATS = """
SELECT h.id FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.manager_id = ANY(%(managers)s::bigint[]) AND {conditions}
 LIMIT %(most)s
"""
_BY_CHAT = f"""
SELECT hit.id, one.chat
  FROM unnest(%(chats)s::bigint[]) AS one (chat), LATERAL (
    SELECT x.id FROM chats_message x
     WHERE (x.chat_id, x.id) > (one.chat, 0) AND (x.chat_id, x.id) <= (one.chat, %(top)s)
       AND {_SAYS}
     ORDER BY x.chat_id DESC, x.id DESC LIMIT 1) hit
 WHERE hit.id <= %(high)s
 ORDER BY hit.id DESC LIMIT %(rows)s
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class WordSearch:
    """The words, the filters of the list, and the newest message of its first page.

    Hits after `top` are ignored, so that no chat moves while pages are read.
    """

    words: str
    conditions: str
    values: dict[str, Any]
    top: int

    def hits(self, below: int | None, count: int) -> list[tuple[int, int]]:
        """Returns (message, chat) of the next chats, by their newest hit, latest first.

        Hits before the message `below`, or the first ones.
        """
        high = self.top if below is None else below - 1
        with connection.cursor() as cursor:
            cursor.execute(_QUERY, {"words": self.words})
            query, has_words = cursor.fetchone()
            if not has_words:
                return []
            values = self.values | {
                "query": query,
                "top": self.top,
                "high": high,
                "rows": count,
            }
            recent = self._recent_hits(cursor, values)
            if recent < COMMON_HITS:
                return self._read(cursor, self._filtered(_LOOKED_UP), values)
            chats = self._few_chats(cursor, values)
            if chats is not None:
                return self._read(cursor, _BY_CHAT, values | {"chats": chats})
            return self._walk(cursor, values, count, recent)

    def _recent_hits(self, cursor: Any, values: dict[str, Any]) -> int:
        window = {"low": self.top - FIRST_WINDOW, "high": self.top}
        cursor.execute(_COUNTED, values | window)
        count: int = cursor.fetchone()[0]
        return count

    def _few_chats(self, cursor: Any, values: dict[str, Any]) -> list[int] | None:
        statement = _CHATS.format(conditions=self.conditions)
        cursor.execute(statement, values | {"most": MOST_CHATS + 1})
        rows = cursor.fetchall()
        return None if len(rows) > MOST_CHATS else [row[0] for row in rows]

    def _walk(
        self, cursor: Any, values: dict[str, Any], count: int, recent: int
    ) -> list[tuple[int, int]]:
        statement = self._filtered(_WALKED, _UNLESS_NEWER)
        found: list[tuple[int, int]] = []
        high = values["high"]
        window = count * HITS_A_CHAT * FIRST_WINDOW // max(recent, 1)
        window = max(NARROWEST_WINDOW, window)
        while len(found) < count and high > 0:
            bounds = {
                "low": high - window,
                "high": high,
                "rows": count - len(found),
            }
            found += self._read(cursor, statement, values | bounds)
            high, window = high - window, min(window * 2, WIDEST_WINDOW)
        return found

    def _filtered(self, hits: str, unless: str = "") -> str:
        return _FILTERED.format(
            hits=hits,
            contact=CONTACT_OF_CHAT,
            conditions=self.conditions,
            unless=unless,
        )

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
