"""Records frequently repeated actions: one line per day (UTC) and credential."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection

from hci_center.audit.actor import current_actor
from hci_center.audit.recording import record

_IS_RECORDED = """
SELECT EXISTS (SELECT FROM audit_line
                WHERE credential = %s AND act = %s AND kind = %s AND target = %s
                  AND at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC')
"""
# The lines of the day that this process knows of, so that calls need no query.
_recorded: set[tuple[str, str, str, str]] = set()
_day = ""


def record_once_a_day(
    act: str, kind: str, target: object = "", *, manager_id: int | None = None
) -> None:
    """Records the action unless recorded today for the same credential and target."""
    global _day
    actor = current_actor()
    credential = "" if actor is None else actor.credential
    today = datetime.now(UTC).date().isoformat()
    if today != _day:
        _recorded.clear()
        _day = today
    asked = (credential, act, kind, str(target))
    if asked in _recorded:
        return
    with connection.cursor() as cursor:
        cursor.execute(_IS_RECORDED, asked)
        [is_recorded] = cursor.fetchone()
    if not is_recorded:
        record(act, kind, target, manager_id=manager_id)
    # A line written in a transaction that may roll back is looked up again.
    if not connection.in_atomic_block:
        _recorded.add(asked)
