"""How far an outgoing message came, as its gateway tells it.

Receipts come in any order, twice, and before the message that they are of. Whatever
the order, the message ends the same: wait < sent < delivered < read, each only
upwards; failed only from wait or sent, and delivered or read take it back.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.queries import Shape, as_uuid, message_of_reference
from chats.models import Status

# From where each status may be reached.
_FROM = {
    Status.SENT.value: ["wait"],
    Status.DELIVERED.value: ["wait", "sent", "failed"],
    Status.READ.value: ["wait", "sent", "delivered", "failed"],
    Status.FAILED.value: ["wait", "sent"],
}

# A message whose gateway speaks of it has left: it is not sent again, and its own
# page token goes. What it waited or failed for is over, what was left out of it is not.
_LIFT = """
WITH lifted AS (
  UPDATE chats_message m
     SET status = %(status)s::text,
         error = CASE WHEN %(status)s::text = 'failed' OR m.status IN ('wait', 'failed')
                      THEN %(error)s::text ELSE m.error END
   WHERE m.manager_id = %(manager)s AND m.direction = 'out'
     AND (m.gateway_id = %(reference)s OR m.uuid = %(uuid)s::uuid)
     AND m.status = ANY(%(from)s)
  RETURNING m.id
)
UPDATE chats_delivery d SET done_at = now(), token = ''
  FROM lifted WHERE d.message_id = lifted.id AND d.done_at IS NULL
"""

# Held to the end of the transaction by whoever gives a message its gateway's id and
# by whoever brings news of that id: one of them comes second and sees the other's row.
_LOCK_REFERENCE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

_PARK = """
INSERT INTO chats_parkedreceipt (manager_id, reference, status, error, arrived_at)
VALUES (%s, %s, %s, %s, now())
"""
_CLAIM_PARKED = """
DELETE FROM chats_parkedreceipt
 WHERE manager_id = %s AND reference = %s
RETURNING id, status, error, arrived_at > now() - interval '15 minutes'
"""
# A few at a time, by whoever parks one.
_FORGET = """
DELETE FROM chats_parkedreceipt WHERE id = ANY(ARRAY(
  SELECT id FROM chats_parkedreceipt
   WHERE arrived_at < now() - interval '15 minutes'
   ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED))
"""


def report_status(
    manager_id: int, reference: str, status: str, error: str = ""
) -> Shape | None:
    """Lifts the message of that id, ours or the gateway's, as far as the news allow.

    Answers the message as it is then; None for an id that no message bears yet: the
    news wait 15 minutes for it.
    """
    with transaction.atomic():
        lock_reference(manager_id, reference)
        _lift(manager_id, reference, status, error)
        message = message_of_reference(manager_id, reference)
        if message is None:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET)
                cursor.execute(_PARK, [manager_id, reference, status, error])
    return message


def lock_reference(manager_id: int, reference: str) -> None:
    """Keeps news of that id waiting while a message is being given it.

    Within the transaction that gives it; `apply_parked` then brings what came before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_REFERENCE, [f"receipt:{manager_id}:{reference}"])


def apply_parked(manager_id: int, reference: str) -> bool:
    """Applies the news that came before the message of that id did; False: none had.

    Within a transaction that holds the reference.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_PARKED, [manager_id, reference])
        parked = sorted(cursor.fetchall())
    for _id, status, error, is_fresh in parked:
        if is_fresh:
            _lift(manager_id, reference, status, error)
    return bool(parked)


def _lift(manager_id: int, reference: str, status: str, error: str) -> None:
    if status == Status.FAILED:
        error = error or _("The gateway could not deliver this message.")
    else:
        error = ""
    values: dict[str, Any] = {
        "manager": manager_id,
        "reference": reference,
        "uuid": as_uuid(reference),
        "status": status,
        "error": error,
        "from": _FROM[status],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIFT, values)
