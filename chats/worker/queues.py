"""Finds in one statement which of the worker's queues have rows that may be due."""

from __future__ import annotations

from django.db import connection

# Else what a worker is busy with would be found in each round until it ends.
_IS_FREE = "(lease_until IS NULL OR lease_until < clock_timestamp())"
# By the two indexes of the tasks.
_TASKS = f"SELECT FROM chats_task WHERE run_at <= clock_timestamp() AND {_IS_FREE}"
# The queues, by the names of the jobs that work through them. Rows that wait for their
# time may be among those of all but the tasks: the statement that claims decides.
_WAITING = {
    "send": f"SELECT FROM chats_delivery WHERE done_at IS NULL AND {_IS_FREE}",
    "inbound": f"""SELECT FROM chats_inboundevent
                    WHERE state = 'waiting' AND {_IS_FREE}""",
    "rules": f"{_TASKS} AND kind <> 'clock' UNION ALL {_TASKS} AND kind = 'clock'",
    "conversions": "SELECT FROM chats_convertedfile WHERE made_at IS NULL",
    "media": "SELECT FROM chats_mediafetch",
}
NAMES = frozenset(_WAITING)
_LOOK = "SELECT " + ", ".join(f"EXISTS ({each})" for each in _WAITING.values())


def waiting() -> frozenset[str]:
    """Returns the names of the queues in which rows wait.

    A look costs a fifth of asking each queue for work, and most rounds find nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK)
        found = cursor.fetchone()
    return frozenset(name for name, has in zip(_WAITING, found, strict=True) if has)
