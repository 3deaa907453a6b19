"""Pauses accounts that their gateway refuses and shows why on their messages.

Deliveries of a paused account are not claimed. Its waiting messages keep the status
`wait`, with the reason in `error`, for at most a day.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from chats.accounts.registry import COLUMNS, WIDTH, GatewayAccountRef, account_ref
from chats.models import GatewayAccount

logger = logging.getLogger(__name__)

FIRST, LONGEST = 2.0, 60.0
# The code of a pause that a person made, and its seconds.
HELD, HELD_FOR = "held", 86400.0

# Each consecutive pause is twice as long as the previous one. The first makes the
# check of the session due, which may give more information.
_PAUSE = """
WITH before AS (
  SELECT pause_code FROM chats_gatewayaccount
   WHERE manager_id = %(manager)s AND channel = %(channel)s
)
INSERT INTO chats_gatewayaccount AS a
       (manager_id, channel, state, since, reason, qr, idempotent, next_check_at,
        paused_until, pause_code, pause_reason, pauses, fingerprint)
VALUES (%(manager)s, %(channel)s, 'unknown', statement_timestamp(), '', '', false, statement_timestamp(),
        statement_timestamp() + make_interval(secs => greatest(%(wait)s, %(first)s)), %(code)s,
        %(reason)s, 1, %(fingerprint)s)
ON CONFLICT (manager_id, channel) DO UPDATE
   SET paused_until = statement_timestamp() + make_interval(secs => greatest(%(wait)s, least(
         %(first)s * 2 ^ least(a.pauses, 10), %(longest)s))),
       pause_code = excluded.pause_code, pause_reason = excluded.pause_reason,
       pauses = a.pauses + 1, fingerprint = excluded.fingerprint,
       next_check_at = CASE WHEN a.pauses = 0 THEN statement_timestamp()
                            ELSE a.next_check_at END
RETURNING (SELECT pause_code FROM before)
"""
# Pause codes that end when a session responds, and those that end when it is open after
# it was not. Neither ends a limit or a restriction.
_ANSWERED = ("unreachable", "other_number")
_BACK = (
    *_ANSWERED,
    "not_connected",
    "wrong_program",
    "redirected",
    "not_authorized",
    "bad_setup",
)
_MARK = """
UPDATE chats_message m SET error = a.pause_reason
  FROM chats_gatewayaccount a
  JOIN chats_delivery d ON d.manager_id = a.manager_id AND d.channel = a.channel
                       AND d.done_at IS NULL
 WHERE a.paused_until > statement_timestamp() AND m.id = d.message_id AND m.status = 'wait'
   AND m.error <> a.pause_reason
"""
# Messages that wait for something else afterwards no longer show the reason.
_UNMARK = """
UPDATE chats_message m SET error = ''
  FROM chats_gatewayaccount a
  JOIN chats_delivery d ON d.manager_id = a.manager_id AND d.channel = a.channel
                       AND d.done_at IS NULL
 WHERE a.manager_id = %s AND a.channel = %s AND a.pause_reason <> ''
   AND m.id = d.message_id AND m.status = 'wait' AND m.error = a.pause_reason
"""
_ACCOUNT = f"SELECT {COLUMNS} FROM managers_manager m WHERE m.id = %s"  # noqa: S608
_PAUSED = f"""
SELECT a.channel, a.fingerprint, {COLUMNS}
  FROM chats_gatewayaccount a JOIN managers_manager m ON m.id = a.manager_id
 WHERE a.paused_until > statement_timestamp()
"""  # noqa: S608 - of columns


def pause(
    ref: GatewayAccountRef, code: str, reason: str, wait: float, hurry: float = 1.0
) -> None:
    """Pauses the account for at least `wait` seconds, longer each time in a row.

    `hurry` divides the part of the pause that the gateway did not ask for.
    """
    values: dict[str, Any] = {
        "manager": ref.manager_id,
        "channel": ref.channel,
        "code": code,
        "reason": reason[:500],
        "wait": wait,
        "first": FIRST / hurry,
        "longest": LONGEST / hurry,
        "fingerprint": ref.fingerprint,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAUSE, values)
        row = cursor.fetchone()
    if row is None or row[0] != code:
        logger.warning("%s: sends are held (%s)", ref.account.name, code)
    mark_waiting()


def hold(manager_id: int, channel: str, reason: str) -> None:
    """Pauses the account until a person resumes it, for at most a day.

    Neither a session that is open again nor changed settings end it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT, [manager_id])
        row = cursor.fetchone()
    ref = account_ref(row, channel)
    pause(ref, HELD, reason, HELD_FOR)
    GatewayAccount.objects.filter(manager=manager_id, channel=channel).update(
        fingerprint=""
    )


def prolong(ref: GatewayAccountRef, code: str, wait: float) -> bool:
    """Extends a pause with that code to `wait` seconds from now.

    Returns False if there is none.
    """
    paused = GatewayAccount.objects.filter(
        manager=ref.manager_id, channel=ref.channel, pause_code=code
    )
    return bool(paused.update(paused_until=Now() + timedelta(seconds=wait)))


def resume(manager_id: int, channel: str) -> None:
    """Ends the account's pause."""
    with connection.cursor() as cursor:
        cursor.execute(_UNMARK, [manager_id, channel])
    held = Q(paused_until__isnull=False) | Q(pauses__gt=0)
    GatewayAccount.objects.filter(held, manager=manager_id, channel=channel).update(
        paused_until=None, pause_code="", pause_reason="", pauses=0
    )


def resume_connected(manager_id: int, channel: str, *, is_back: bool) -> None:
    """Ends the account's pause if an open session resolves it.

    `is_back` is true if the session was not open before. Otherwise a pause whose cause
    the gateway refused while it reported "open" lasts its full time.
    """
    mended = GatewayAccount.objects.filter(
        manager=manager_id,
        channel=channel,
        paused_until__isnull=False,
        pause_code__in=_BACK if is_back else _ANSWERED,
    )
    if mended.exists():
        resume(manager_id, channel)


def mark_waiting() -> None:
    """Writes the reason of the pause on all messages that wait for it.

    This includes messages that were queued after the pause began.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MARK)


def resume_mended() -> None:
    """Ends the pauses of accounts whose settings changed since they were refused."""
    with connection.cursor() as cursor:
        cursor.execute(_PAUSED)
        rows = cursor.fetchall()
    for channel, fingerprint, *row in rows:
        ref = account_ref(row[:WIDTH], channel)
        if fingerprint and ref.fingerprint != fingerprint:
            resume(ref.manager_id, channel)
