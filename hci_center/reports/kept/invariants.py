"""The invariants of ledger, columns and feed, as statements that find violations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db import connection

from hci_center.background.nightly_checks import Finding

# The invariants, by their codes: each returns the manager and chat of violations.
INVARIANTS: Mapping[str, str] = {
    # An open chat's latest line has a different area or operator than its contact.
    "L1": """
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       CROSS JOIN LATERAL (SELECT e.area_id, e.operator_id FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind = ANY(report_state_kinds())
              ORDER BY e.id DESC LIMIT 1) l
       WHERE h.closed_at IS NULL AND (l.area_id IS DISTINCT FROM c.area_id
             OR l.operator_id IS DISTINCT FROM c.operator_id)""",
    # Closed according to its row but open according to its lines, or the reverse.
    "L2": """
      SELECT h.manager_id, h.id FROM chats_chat h
       CROSS JOIN LATERAL (SELECT e.kind FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind IN ('opened', 'reopened', 'closed')
              ORDER BY e.id DESC LIMIT 1) l
       WHERE (h.closed_at IS NOT NULL) <> (l.kind = 'closed')""",
    # A first line that is not an opening.
    "L3": """
      SELECT h.manager_id, h.id FROM chats_chat h
       CROSS JOIN LATERAL (SELECT e.kind FROM chats_chatevent e WHERE e.chat_id = h.id
              ORDER BY e.id LIMIT 1) l
       WHERE l.kind <> 'opened'""",
    # A line over 1 s older than one with a lower id.
    "L4": """
      SELECT DISTINCT l.manager_id, l.chat_id FROM (
        SELECT e.manager_id, e.chat_id, e.at, max(e.at) OVER (
                 PARTITION BY e.chat_id ORDER BY e.id
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM chats_chatevent e) l
       WHERE l.at < l.before - interval '1 second'""",
    # An open chat that no active operator can take, for over a minute, unless by
    # choice.
    "H1": """
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       WHERE h.closed_at IS NULL
         AND greatest(c.queued_at, h.opened_at) < now() - interval '1 minute'
         AND NOT EXISTS (
             SELECT FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
              WHERE o.manager_id = h.manager_id AND o.is_active AND u.is_active
                AND CASE WHEN c.operator_id IS NOT NULL THEN o.id = c.operator_id
                         ELSE c.area_id IS NULL OR EXISTS (
                           SELECT FROM areas_operatorarea s
                            WHERE s.operator_id = o.id AND s.area_id = c.area_id) END)
         AND NOT EXISTS (SELECT FROM chats_homelesschat w
                          WHERE w.chat_id = h.id AND w.is_by_choice)""",
    # A contact held by an inactive operator.
    "H2": """
      SELECT c.manager_id, h.id FROM contacts_contact c
        JOIN areas_operator o ON o.id = c.operator_id AND NOT o.is_active
        LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
       WHERE c.deleted_at IS NULL""",
    # A wrong count of unread messages.
    "M1": """
      SELECT c.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       WHERE h.closed_at IS NULL AND c.unread <> (
             SELECT count(*) FROM chats_message m
              WHERE m.chat_id = h.id AND m.direction = 'in' AND m.status = 'wait')""",
    # The time of the last message of an open chat's contact is wrong.
    "M2": """
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       CROSS JOIN LATERAL (SELECT max(m.created_at) AS at FROM chats_message m
              WHERE m.chat_id = h.id) own
       CROSS JOIN LATERAL (SELECT max(m.created_at) AS at FROM chats_chat x
              JOIN chats_message m ON m.chat_id = x.id WHERE x.contact_id = c.id) of_all
       WHERE h.closed_at IS NULL AND own.at IS NOT NULL
         AND (c.last_message_at IS NULL OR c.last_message_at < own.at
              -- A copy of a message that its echo had made may be gone.
              OR c.last_message_at > of_all.at + interval '2 minutes')""",
    # According to the contact a customer is waiting, but there is no open chat or a
    # person wrote last; or he is not waiting, although the last message is unread.
    "M3": """
      SELECT c.manager_id, h.id FROM contacts_contact c
        LEFT JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
        LEFT JOIN LATERAL (SELECT m.direction FROM chats_message m
              WHERE m.chat_id = h.id AND (m.direction = 'in' OR m.auto = 'phone'
                    OR m.auto = '' AND m.sender IN (SELECT o.id::text FROM areas_operator o
                                                    WHERE o.manager_id = m.manager_id))
              ORDER BY m.chat_id DESC, m.id DESC LIMIT 1) word ON true
       WHERE c.waiting_since IS NOT NULL AND c.deleted_at IS NULL
         AND (h.id IS NULL OR word.direction = 'out')
       UNION ALL
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       CROSS JOIN LATERAL (SELECT m.direction, m.status, m.stored_at
               FROM chats_message m
              WHERE m.chat_id = h.id
                AND (m.direction = 'in' OR m.auto IN ('', 'phone'))
              ORDER BY m.chat_id DESC, m.id DESC LIMIT 1) word
       CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind IN ('opened', 'reopened')) begun
       WHERE h.closed_at IS NULL AND c.waiting_since IS NULL AND word.direction = 'in'
         AND word.status = 'wait' AND word.stored_at >= begun.at - interval '1 second'
       UNION ALL
      -- Queued in the future, or not since it entered its area.
      SELECT h.manager_id, h.id FROM chats_chat h
        JOIN contacts_contact c ON c.id = h.contact_id
       CROSS JOIN LATERAL (SELECT e.kind, e.at, e.cause, e.operator_id
               FROM chats_chatevent e
              WHERE e.chat_id = h.id AND e.kind = ANY(report_state_kinds())
              ORDER BY e.id DESC LIMIT 1) l
       WHERE h.closed_at IS NULL
         AND (c.queued_at > now() + interval '1 second'
              OR l.kind = 'entered_area' AND l.operator_id IS NULL AND l.cause <> 'rehome'
                 AND (c.queued_at IS NULL OR c.queued_at < l.at - interval '5 seconds')
                 AND NOT EXISTS (
                   SELECT FROM chats_chat x JOIN chats_chatevent e ON e.chat_id = x.id
                    WHERE x.contact_id = c.id AND e.kind = 'closed'
                      AND e.cause = 'merged'))""",
    # Sent after it was delivered, or still waiting although its delivery has ended.
    "M4": """
      SELECT d.manager_id, m.chat_id FROM chats_delivery d
        JOIN chats_message m ON m.id = d.message_id
       WHERE d.sent_at > d.delivered_at + interval '1 second'
          OR m.status = 'wait' AND d.done_at IS NOT NULL""",
    # The feed has rows older than 48 hours.
    "R3": """
      SELECT NULL::bigint, NULL::bigint
        FROM (SELECT f.at FROM change_feed f ORDER BY f.seq LIMIT 1) oldest
       WHERE oldest.at < now() - interval '48 hours 10 minutes'""",
}


def broken(statement: str) -> Iterator[Finding]:
    """Yields the violations of one of INVARIANTS."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    for manager_id, chat_id in rows:
        yield Finding(manager_id, chat_id)
