"""Finds the worker's queues with rows that may be due, in one statement."""

from __future__ import annotations

from django.db import connection

# Excludes rows in progress, which every round would find again until they end.
_IS_FREE = "(lease_until IS NULL OR lease_until < clock_timestamp())"
# Uses the two indexes of the tasks.
_TASKS = f"SELECT FROM chats_task WHERE run_at <= clock_timestamp() AND {_IS_FREE}"
# The queues, by the names of the jobs that process them. Except for tasks, these may
# also find rows that are not due yet, which the claiming statements skip.
_WAITING = {
    "send": f"SELECT FROM chats_delivery WHERE done_at IS NULL AND {_IS_FREE}",
    "inbound": f"""SELECT FROM chats_inboundevent
                    WHERE state = 'waiting' AND {_IS_FREE}""",
    "rules": f"{_TASKS} AND kind <> 'clock' UNION ALL {_TASKS} AND kind = 'clock'",
    "conversions": "SELECT FROM chats_convertedfile WHERE made_at IS NULL",
    "media": "SELECT FROM chats_mediafetch",
}
NAMES = frozenset(_WAITING)
_FIND = "SELECT " + ", ".join(f"EXISTS ({each})" for each in _WAITING.values())


def waiting() -> frozenset[str]:
    """Returns the names of the queues with waiting rows.

    This costs a fifth of trying to claim from each queue, and most rounds find nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND)
        found = cursor.fetchone()
    return frozenset(name for name, has in zip(_WAITING, found, strict=True) if has)
