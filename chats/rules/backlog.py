"""The due tasks of the rules, by kind, for `/readyz` and `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from hci_center.errors import LackingError

# A task that has been due for this long, in seconds, has no worker.
LATE = 60
# The maximum counts of clock tasks, and of all others.
MOST_COUNTED = 10_000

_DUE = f"""(SELECT kind, run_at FROM chats_task
         WHERE {{kinds}} AND run_at <= clock_timestamp()
         ORDER BY run_at LIMIT {MOST_COUNTED})"""  # noqa: S608 - of conditions
# Uses the two indexes of the tasks.
STATEMENT = f"""
SELECT kind, count(*), extract(epoch FROM clock_timestamp() - min(run_at))::float8
  FROM ({_DUE.format(kinds="kind <> 'clock'")}
        UNION ALL {_DUE.format(kinds="kind = 'clock'")}) due
 GROUP BY kind ORDER BY kind
"""  # noqa: S608 - of conditions


@dataclass(frozen=True, slots=True)
class Due:
    """The number of due tasks of a kind, and the age of the oldest, in seconds."""

    kind: str
    count: int
    lag: float

    def __str__(self) -> str:
        return f"{self.count} {self.kind} for {self.lag:.1f} s"


def backlog() -> list[Due]:
    """Returns the due tasks of each kind that has any."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT)
        return [Due(*row) for row in cursor.fetchall()]


def check() -> str:
    """Describes the tasks that are due, for `/readyz`.

    Raises LackingError if the oldest is late: no worker is processing them.
    """
    try:
        due = backlog()
    finally:
        # The calling thread may stay idle for a long time.
        connection.close()
    if not due:
        return "ok"
    text = "due: " + ", ".join(map(str, due))
    if max(one.lag for one in due) > LATE:
        raise LackingError(text)
    return text
