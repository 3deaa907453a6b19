"""Lists the chats with messages that contain some words, each with its latest hit."""

from __future__ import annotations

from typing import Any

from django.db import connection

from chats.conversations.message_rows import Shape
from chats.inbox.cursor import Cursor
from chats.inbox.filters import ListRequest, filters_of, state_condition
from chats.inbox.line import LINES, line_shapes
from chats.inbox.scope import Scope
from chats.inbox.word_search import WordSearch, newest_message
from chats.messages.store import FILE_CONTENT

# The filters are applied again: the line must not show what the caller can no longer
# see.
_PAGE = """
SELECT h.id, one.message AS extra, one.place
  FROM unnest(%(hit_chats)s::bigint[], %(hit_messages)s::bigint[])
         WITH ORDINALITY AS one (chat, message, place)
  JOIN chats_chat h ON h.id = one.chat
  JOIN contacts_contact c ON c.id = h.contact_id
 WHERE {conditions}
"""
# The excerpt of the message around the words.
_TEXTS = """
SELECT m.id, m.uuid::text,
       ts_headline('hci_pt',
         CASE WHEN m.content = %(file)s THEN '' ELSE m.content || ' ' END
           || coalesce(m.details ->> 'caption', ''),
         plainto_tsquery('hci_pt', %(words)s),
         'StartSel="", StopSel="", MaxFragments=1, MinWords=10, MaxWords=30')
  FROM chats_message m WHERE m.id = ANY(%(messages)s::bigint[])
"""


def chats_with_words(
    scope: Scope, request: ListRequest, cursor: Cursor | None
) -> tuple[list[Shape], Cursor | None]:
    """Returns a page of chats by their newest hit, latest first, and the next cursor.

    Only `value` (the message of the last hit) and `top` of the cursor are used.
    """
    conditions, values = filters_of(scope, request)
    conditions.append(state_condition(request.state))
    condition, words = " AND ".join(conditions), request.words or ""
    if cursor is None:
        cursor = Cursor(since=0, began=0, top=newest_message())
    search = WordSearch(words, condition, values, cursor.top)
    found = search.hits(cursor.value, request.limit + 1)
    following = None
    if len(found) > request.limit:
        del found[request.limit :]
        following = cursor.after(found[-1][0], 0)
    values |= {
        "hit_messages": [message for message, _ in found],
        "hit_chats": [chat for _, chat in found],
    }
    with connection.cursor() as db:
        page = _PAGE.format(conditions=condition)
        db.execute(LINES.format(page=page), values)
        rows = db.fetchall()
        hits = _hits(db, [row[2] for row in rows], words)
    lines = line_shapes(rows)
    for line, row in zip(lines, rows, strict=True):
        line["hit"] = hits[row[2]]
    return lines, following


def _hits(db: Any, messages: list[int], words: str) -> dict[int, Shape]:
    values = {"messages": messages, "words": words, "file": FILE_CONTENT}
    db.execute(_TEXTS, values)
    return {
        message: {"id": uuid, "text": text.strip()}
        for message, uuid, text in db.fetchall()
    }
