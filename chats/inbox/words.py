"""Indexes the words of messages for search, following the change feed.

The feed numbers committed changes without gaps, in commit order; message ids are
assigned earlier, so following ids could miss a message whose transaction commits late.
Bulk loads and restored backups start a new epoch: then, and if the feed no longer has
the next changes, all messages are reindexed, newest first.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from django.db import connection, transaction

from chats.messages.store import FILE_CONTENT

# The limits of one step, so that it occupies a thread and a transaction only briefly.
MOST_CHANGES, MOST_MESSAGES = 2000, 1000

# One worker at a time.
_PROGRESS = """
SELECT epoch, seq, scan_below FROM chats_wordsprogress FOR UPDATE SKIP LOCKED
"""
_HEAD = "SELECT epoch, seq FROM change_head"
_OLDEST = "SELECT min(seq) FROM change_feed WHERE seq > %s"
_NEWEST_MESSAGE = "SELECT coalesce(max(id), 0) + 1 FROM chats_message"
# Checks without a lock, which would write every second even if nothing has changed.
_WAITS = """
SELECT p.scan_below IS NOT NULL OR (p.epoch, p.seq) IS DISTINCT FROM (h.epoch, h.seq)
  FROM change_head h LEFT JOIN chats_wordsprogress p ON true
"""
_BEGIN = """
INSERT INTO chats_wordsprogress (id, epoch, seq) VALUES (true, '', 0)
ON CONFLICT DO NOTHING
"""
_ADVANCE = "UPDATE chats_wordsprogress SET epoch = %s, seq = %s, scan_below = %s"
_CHANGES = """
SELECT kind, manager_id, ev::json ->> 'op', ev::json ->> 'id' FROM change_feed
 WHERE seq > %s AND seq <= %s AND kind IN ('message', 'contact') AND ev IS NOT NULL
 ORDER BY seq
"""
_IDS_OF_UUIDS = "SELECT id FROM chats_message WHERE uuid = ANY(%s::uuid[])"
_OLDER = """
SELECT id FROM chats_message WHERE id < %s ORDER BY id DESC LIMIT %s
"""
# Contacts that were deleted or restored, by the feed's id.
_OF_CONTACTS = """
SELECT m.id
  FROM unnest(%(managers)s::bigint[], %(ids)s::text[]) AS one (manager, name)
  JOIN contacts_contact c ON c.manager_id = one.manager
   AND c.channel IN ('whatsapp', 'facebook') AND c.external_id = one.name
  JOIN chats_chat h ON h.contact_id = c.id
  JOIN chats_message m ON m.chat_id = h.id
UNION
SELECT w.message_id
  FROM unnest(%(managers)s::bigint[], %(ids)s::text[]) AS one (manager, name)
  JOIN contacts_contact c ON c.manager_id = one.manager
   AND c.channel IN ('whatsapp', 'facebook') AND c.external_id = one.name
  JOIN chats_word w ON w.contact_id = c.id
"""
# For files, the caption: their content is the same sentence for all. Messages of
# deleted contacts, and empty ones, are removed from the index. The lateral subqueries
# read both tables by id: a plan from before they had statistics would read all messages
# once for each contact.
_INDEX = """
WITH said AS MATERIALIZED (
  SELECT m.id, m.manager_id, m.contact_id,
         to_tsvector('hci_pt',
           CASE WHEN m.content = %(file)s THEN '' ELSE left(m.content, 65536) END
           || ' ' || coalesce(m.details ->> 'caption', '')) AS words
    FROM unnest(%(ids)s::bigint[]) AS one (id)
   CROSS JOIN LATERAL (SELECT * FROM chats_message x WHERE x.id = one.id LIMIT 1) m
   CROSS JOIN LATERAL (
     SELECT FROM contacts_contact x
      WHERE x.id = m.contact_id AND x.deleted_at IS NULL LIMIT 1) c
), gone AS (
  DELETE FROM chats_word w WHERE w.message_id = ANY(%(ids)s::bigint[])
     AND NOT EXISTS (SELECT FROM said
                      WHERE said.id = w.message_id AND said.words <> ''::tsvector)
)
INSERT INTO chats_word (message_id, manager_id, contact_id, words)
SELECT id, manager_id, contact_id, words FROM said WHERE words <> ''::tsvector
 ORDER BY id
ON CONFLICT (message_id) DO UPDATE
   SET words = excluded.words, contact_id = excluded.contact_id
 WHERE (chats_word.words, chats_word.contact_id)
       IS DISTINCT FROM (excluded.words, excluded.contact_id)
"""


def index_words() -> bool:
    """Indexes what has changed since the last call; returns whether there is more.

    Processes at most MOST_CHANGES changes and MOST_MESSAGES messages to reindex.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_PROGRESS)
        progress = cursor.fetchone()
        if progress is None:
            return False
        epoch, seq, scan_below = progress
        cursor.execute(_HEAD)
        head_epoch, head = cursor.fetchone()
        if epoch != head_epoch or _has_gap(cursor, seq, head):
            # Changes that are not numbered yet will come with the feed; all others are
            # committed.
            cursor.execute(_NEWEST_MESSAGE)
            epoch, seq, scan_below = head_epoch, head, cursor.fetchone()[0]
        upto = min(head, seq + MOST_CHANGES)
        if upto > seq:
            _index(cursor, _changed(cursor, seq, upto))
        if scan_below is not None:
            cursor.execute(_OLDER, [scan_below, MOST_MESSAGES])
            ids = [row[0] for row in cursor.fetchall()]
            _index(cursor, ids)
            scan_below = ids[-1] if ids else None
        if (epoch, upto, scan_below) != progress:
            cursor.execute(_ADVANCE, [epoch, upto, scan_below])
        return upto < head or scan_below is not None


def index_waiting_words(seconds: float) -> None:
    """Indexes everything pending, for at most about that long."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS)
        waits = cursor.fetchone()[0]
    deadline = monotonic() + seconds
    while waits and monotonic() < deadline:
        waits = index_words()


def _has_gap(cursor: Any, seq: int, head: int) -> bool:
    """Whether the feed has dropped changes after `seq`."""
    if head <= seq:
        return False
    cursor.execute(_OLDEST, [seq])
    oldest = cursor.fetchone()[0]
    return oldest is None or oldest > seq + 1


def _changed(cursor: Any, seq: int, upto: int) -> list[int]:
    """Returns the messages whose words may have changed, without duplicates."""
    cursor.execute(_CHANGES, [seq, upto])
    uuids: set[str] = set()
    contacts: set[tuple[int, str]] = set()
    for kind, manager_id, op, name in cursor.fetchall():
        if kind == "message":
            uuids.add(name)
        elif op != "U":
            contacts.add((manager_id, name))
    found: set[int] = set()
    if uuids:
        cursor.execute(_IDS_OF_UUIDS, [list(uuids)])
        found.update(row[0] for row in cursor.fetchall())
    if contacts:
        managers, ids = zip(*contacts, strict=True)
        values = {"managers": list(managers), "ids": list(ids)}
        cursor.execute(_OF_CONTACTS, values)
        found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


def _index(cursor: Any, ids: list[int]) -> None:
    for start in range(0, len(ids), MOST_MESSAGES):
        part = ids[start : start + MOST_MESSAGES]
        cursor.execute(_INDEX, {"ids": part, "file": FILE_CONTENT})
