"""Finds open chats that no active operator can take, and raises an alarm."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

logger = logging.getLogger(__name__)

# The time in seconds after which such a chat raises an alarm.
ALARM_AFTER = 60

# Its operator is inactive; or it has no operator, and no active operator serves its
# area (or there is none at all, if it has no area).
_HAS_NO_HOME = """
SELECT {column} FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE h.closed_at IS NULL AND NOT EXISTS (
   SELECT FROM areas_operator o JOIN auth_user u ON u.id = o.user_id
    WHERE o.manager_id = h.manager_id AND o.is_active AND u.is_active
      AND CASE WHEN c.operator_id IS NOT NULL THEN o.id = c.operator_id
               ELSE c.area_id IS NULL
                    OR EXISTS (SELECT FROM areas_operatorarea s
                                WHERE s.operator_id = o.id AND s.area_id = c.area_id)
          END)
"""
_CHATS = _HAS_NO_HOME.format(column="h.id")
_CONTACTS = _HAS_NO_HOME.format(column="c.id")
_FIND = f"""
WITH found AS MATERIALIZED ({_CHATS}), gone AS (
  DELETE FROM chats_homelesschat w WHERE NOT EXISTS (
    SELECT FROM found f WHERE f.id = w.chat_id)
)
INSERT INTO chats_homelesschat (chat_id, is_by_choice)
SELECT f.id, false FROM found f
 WHERE NOT EXISTS (SELECT FROM chats_homelesschat w WHERE w.chat_id = f.id)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - of a column
_ALARM = """
UPDATE chats_homelesschat w SET alarmed_at = clock_timestamp()
  FROM chats_chat h
 WHERE h.id = w.chat_id AND w.alarmed_at IS NULL AND NOT w.is_by_choice
   AND w.since <= clock_timestamp() - make_interval(secs => %s)
RETURNING h.manager_id, h.protocol
"""
_CHOOSE = """
INSERT INTO chats_homelesschat AS w (chat_id, is_by_choice)
SELECT unnest(%s::bigint[]), true
ON CONFLICT (chat_id) DO UPDATE SET is_by_choice = true, alarmed_at = NULL
"""


def has_no_home() -> Q:
    """Returns the SQL condition that no active operator can take a contact's chat."""
    return Q(pk__in=RawSQL(_CONTACTS, []))  # noqa: S611 - a constant


def leave_without_home(chat_ids: Iterable[int | None]) -> None:
    """Records that a person chose this: these chats raise no alarm."""
    with connection.cursor() as cursor:
        cursor.execute(_CHOOSE, [[each for each in chat_ids if each is not None]])


def watch_homes() -> None:
    """Finds such chats, and logs each one once after that time."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND)
        cursor.execute(_ALARM, [ALARM_AFTER])
        for manager_id, protocol in cursor.fetchall():
            logger.error(
                "%s: no active operator can take the chat %s", manager_id, protocol
            )
