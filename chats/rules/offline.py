"""Releases an operator's contacts when he has been offline for too long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from areas.models import Operator
from areas.rules.policies import policies_of
from chats.conversations.audit import Entry, record_in_open_chats
from chats.models import ChatEvent, Task
from chats.rules.automatic import rule_actor
from chats.rules.tasks import LeasedTask, schedule
from hci_center.database.clock import server_time

# NULL while he is connected and has not set himself offline, else since when he is
# offline.
_OFFLINE_SINCE = """
SELECT CASE WHEN EXISTS (SELECT FROM areas_presence p
                          WHERE p.operator_id = %(operator)s AND p.online_until > now())
                 AND NOT EXISTS (SELECT FROM areas_availability v
                                  WHERE v.operator_id = %(operator)s
                                    AND v.state = 'offline')
            THEN NULL
            ELSE (SELECT max(coalesce(s.ended_at, s.seen_at)) FROM areas_presencespan s
                   WHERE s.operator_id = %(operator)s) END
"""
_HELD = """
SELECT c.id, c.area_id, c.waiting_since IS NOT NULL
  FROM contacts_contact c
  JOIN chats_chat h ON h.contact_id = c.id AND h.closed_at IS NULL
 WHERE c.operator_id = %s AND c.deleted_at IS NULL ORDER BY c.id
"""
# Contacts who are still waiting, and still have this operator.
_RELEASE = """
UPDATE contacts_contact SET operator_id = NULL, queued_at = waiting_since
 WHERE id = %(contact)s AND operator_id = %(operator)s AND waiting_since IS NOT NULL
RETURNING id
"""


def handle_offline(task: LeasedTask) -> None:
    """Releases the operator's waiting contacts, according to the policy of each area.

    The others are released when their customers write. Does nothing if he is back.
    """
    if task.operator_id is None:
        return
    operator = Operator.objects.get(pk=task.operator_id)
    since = offline_since(operator.pk)
    if since is None:
        return
    held = _held(operator.pk)
    area_ids = {area_id for _id, area_id, _waits in held if area_id is not None}
    policies = policies_of(operator.manager_id, area_ids)
    now, next_at = server_time(), None
    for contact_id, area_id, waits in held:
        after = policies[area_id].release_offline
        if not after:
            continue
        due = since + timedelta(seconds=after)
        if due <= now:
            if waits:
                release(contact_id, operator.pk)
        elif next_at is None or due < next_at:
            next_at = due
    if next_at is not None:
        schedule(
            Task.Kind.OFFLINE,
            operator.manager_id,
            operator_id=operator.pk,
            run_at=next_at,
        )


def is_gone(operator_id: int, after: int) -> bool:
    """Returns whether the operator has been offline for that many seconds; 0 is never."""
    since = offline_since(operator_id) if after else None
    return since is not None and since + timedelta(seconds=after) <= server_time()


def offline_since(operator_id: int) -> datetime | None:
    """Returns since when the operator is offline; None if online, or never online."""
    with connection.cursor() as cursor:
        cursor.execute(_OFFLINE_SINCE, {"operator": operator_id})
        row = cursor.fetchone()
    return None if row is None else row[0]


def release(contact_id: int, operator_id: int) -> bool:
    """Releases a waiting contact from the operator; it keeps its place in the queue."""
    values: dict[str, Any] = {"contact": contact_id, "operator": operator_id}
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, values)
        if cursor.fetchone() is None:
            return False
    entry = Entry(ChatEvent.Kind.RELEASED, ChatEvent.Cause.TIMEOUT)
    record_in_open_chats([contact_id], [entry], actor=rule_actor("offline"))
    return True


def _held(operator_id: int) -> list[tuple[int, int | None, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [operator_id])
        return list(cursor.fetchall())
