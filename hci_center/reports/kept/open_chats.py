"""Stores the figures of open chats, until something happens in them.

An open chat is stored with its latest line and message; reports compute a chat live if
there is a later one. It is stored once both are QUIET old, so that transactions with
earlier ids have ended.
"""

from __future__ import annotations

# Longer than a transaction that writes into a chat.
QUIET = "interval '60 seconds'"

# For the chat `h`; `o` is its stored row.
_NEWEST_LINE = """coalesce((SELECT max(e.id) FROM chats_chatevent e
                     WHERE e.chat_id = h.id), 0)"""
_NEWEST_MESSAGE = """coalesce((SELECT m.id FROM chats_message m WHERE m.chat_id = h.id
                      ORDER BY m.chat_id DESC, m.id DESC LIMIT 1), 0)"""
IS_CURRENT = f"(o.line_id = {_NEWEST_LINE} AND o.message_id = {_NEWEST_MESSAGE})"
# Open chats of some managers whose stored state is missing or outdated.
CHANGED = f"""
  SELECT h.id FROM chats_chat h LEFT JOIN report_open o ON o.chat_id = h.id
   WHERE h.closed_at IS NULL AND h.manager_id = ANY(%(managers)s)
     AND h.opened_at < %(until)s::date + 2 AND {IS_CURRENT} IS NOT TRUE"""  # noqa: S608
_IS_QUIET = f"""NOT EXISTS (SELECT FROM chats_chatevent e WHERE e.id = x.line_id
                      AND e.at >= clock_timestamp() - {QUIET})
   AND NOT EXISTS (SELECT FROM chats_message m WHERE m.id = x.message_id
                      AND coalesce(m.stored_at, m.created_at)
                          >= clock_timestamp() - {QUIET})"""  # noqa: S608 - of a constant
# For the chats `ids`: written before their samples, which may then be newer.
KEEP_OPEN = f"""
INSERT INTO report_open (chat_id, manager_id, line_id, message_id)
SELECT x.id, x.manager_id, x.line_id, x.message_id FROM (
  SELECT h.id, h.manager_id, {_NEWEST_LINE} AS line_id, {_NEWEST_MESSAGE} AS message_id
    FROM chats_chat h WHERE h.id = ANY(%(ids)s) AND h.closed_at IS NULL) x
 WHERE {_IS_QUIET}
"""  # noqa: S608 - of constants
# Chats to be stored; marked ones are rebuilt separately.
DUE = f"""
SELECT x.id FROM (
  SELECT h.id, {_NEWEST_LINE} AS line_id, {_NEWEST_MESSAGE} AS message_id
    FROM chats_chat h LEFT JOIN report_open o ON o.chat_id = h.id
   WHERE h.closed_at IS NULL AND {IS_CURRENT} IS NOT TRUE
     AND NOT EXISTS (SELECT FROM report_dirty d WHERE d.chat_id = h.id)) x
 WHERE {_IS_QUIET} ORDER BY x.id LIMIT %s
"""  # noqa: S608 - of constants
