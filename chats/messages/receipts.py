"""Applies gateway receipts to the status of outgoing messages.

Receipts arrive in any order, repeatedly, and even before the message they refer to.
The final status does not depend on the order: wait < sent < delivered < read, each only
upwards; failed only from wait or sent, and delivered or read replace it. So does sent,
if the message had failed because nobody knew whether it was sent.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from chats.conversations.message_rows import Shape
from chats.conversations.queries import as_uuid, message_of_reference
from chats.models import ParkedReceipt, Status

# The code of a failure after which the message may have been delivered.
MAYBE_DELIVERED = "maybe_delivered"

# The statuses from which each status may be reached.
_FROM = {
    Status.SENT.value: ["wait"],
    Status.DELIVERED.value: ["wait", "sent", "failed"],
    Status.READ.value: ["wait", "sent", "delivered", "failed"],
    Status.FAILED.value: ["wait", "sent"],
}

_MAY_LIFT = (
    "CASE n.status "
    + " ".join(
        f"WHEN '{status}' THEN m.status IN ({', '.join(map(repr, lower))})"
        for status, lower in _FROM.items()
    )
    + " END"
    # A receipt settles what was not known.
    + f""" OR (n.status = '{Status.SENT.value}' AND m.status = '{Status.FAILED.value}'
       AND EXISTS (SELECT FROM chats_delivery u WHERE u.message_id = m.id
                      AND u.failed_code = '{MAYBE_DELIVERED}'))"""
)
# Applies `named`, the ids of messages with their receipts, at most one of a message. A
# receipt proves that the message was sent: it is not sent again, and its page token is
# deleted. The error of a waiting or failed message is cleared; the note of what was left
# out of a sent message is kept. When each status was first reached is kept for reports;
# what was delivered has not failed after all.
LIFT_NAMED = f"""lifted AS (
  UPDATE chats_message m
     SET status = n.status,
         error = CASE WHEN n.status = 'failed' OR m.status IN ('wait', 'failed')
                      THEN n.error ELSE m.error END
    FROM named n WHERE m.id = n.id AND ({_MAY_LIFT})
  RETURNING m.id, n.status
), reached AS (
  UPDATE chats_delivery d
     SET done_at = coalesce(d.done_at, now()), token = '',
         sent_at = CASE WHEN l.status = 'sent'
           THEN coalesce(d.sent_at, clock_timestamp()) ELSE d.sent_at END,
         delivered_at = CASE WHEN l.status = 'delivered'
           THEN coalesce(d.delivered_at, clock_timestamp()) ELSE d.delivered_at END,
         read_at = CASE WHEN l.status = 'read'
           THEN coalesce(d.read_at, clock_timestamp()) ELSE d.read_at END,
         failed_at = CASE WHEN l.status = 'failed'
           THEN coalesce(d.failed_at, clock_timestamp()) ELSE d.failed_at END,
         failed_code = CASE WHEN l.status = 'failed' THEN 'reported' ELSE '' END
    FROM lifted l WHERE d.message_id = l.id
)"""  # noqa: S608 - of statuses
_LIFT = f"""
WITH named AS (
  SELECT x.id, %(status)s::text AS status, %(error)s::text AS error
    FROM chats_message x
   WHERE x.manager_id = %(manager)s AND x.direction = 'out'
     AND (x.gateway_id = %(reference)s OR x.uuid = %(uuid)s::uuid)
), {LIFT_NAMED}
SELECT
"""  # noqa: S608 - of statuses

# Locked to the end of the transaction both when a message is given its gateway id and
# when a receipt for that id arrives: the second one sees the row of the first.
_LOCK_REFERENCE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"

_CLAIM_PARKED = """
DELETE FROM chats_parkedreceipt
 WHERE manager_id = %s AND reference = %s
RETURNING id, status, error, arrived_at > now() - interval '15 minutes'
"""
# Old rows are removed a few at a time, whenever a receipt is parked.
_FORGET = """
DELETE FROM chats_parkedreceipt WHERE id = ANY(ARRAY(
  SELECT id FROM chats_parkedreceipt
   WHERE arrived_at < now() - interval '15 minutes'
   ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED))
"""


def report_status(
    manager_id: int, reference: str, status: str, error: str = ""
) -> Shape | None:
    """Applies a receipt to the message with that id, ours or the gateway's.

    Returns the updated message for the API, or None if no message has the id yet: the
    receipt is then kept for 15 minutes.
    """
    with transaction.atomic():
        lock_reference(manager_id, reference)
        _lift(manager_id, reference, status, error)
        message = message_of_reference(manager_id, reference)
        if message is None:
            with connection.cursor() as cursor:
                cursor.execute(_FORGET)
            ParkedReceipt.objects.create(
                manager_id=manager_id,
                reference=reference,
                status=status,
                error=error,
                arrived_at=Now(),
            )
    return message


def lock_reference(manager_id: int, reference: str) -> None:
    """Locks a gateway id until the end of the transaction that assigns it.

    Receipts for that id wait meanwhile; `apply_parked` applies earlier ones.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_REFERENCE, [f"receipt:{manager_id}:{reference}"])


def apply_parked(manager_id: int, reference: str) -> bool:
    """Applies receipts that arrived before the message with that id.

    Returns False if there were none. The transaction must have locked the reference.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_PARKED, [manager_id, reference])
        parked = sorted(cursor.fetchall())
    for _id, status, error, is_fresh in parked:
        if is_fresh:
            _lift(manager_id, reference, status, error)
    return bool(parked)


def error_of(status: str, said: str) -> str:
    """Returns the error of a message with a receipt of that status and text."""
    if status != Status.FAILED:
        return ""
    return said or _("The gateway could not deliver this message.")


def _lift(manager_id: int, reference: str, status: str, error: str) -> None:
    values: dict[str, Any] = {
        "manager": manager_id,
        "reference": reference,
        "uuid": as_uuid(reference),
        "status": status,
        "error": error_of(status, error),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIFT, values)
