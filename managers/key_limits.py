"""The limits of API keys in calls a minute, shared by all processes in PostgreSQL.

Each call of a limited key uses a share of a minute. A whole minute's calls may come at
once; the allowance is then restored over time. A process takes the calls of a tenth of
a second with one statement, so that a generous limit costs most calls nothing.
"""

from __future__ import annotations

import threading
from collections import Counter

from django.db import connection

from hci_center.errors import ThrottledError

# `taken` is the number of calls taken at once. A crash may forget a few calls: no call
# waits for the disk.
_SPEND = """
WITH per AS (
  SELECT id, greatest(1, coalesce(per_minute, 60000) / 600) AS taken,
         60.0 / coalesce(per_minute, 60000) AS step,
         set_config('synchronous_commit', 'off', true)
    FROM managers_apikey WHERE id = %s)
UPDATE managers_apikey k
   SET spent_until = greatest(k.spent_until, clock_timestamp())
                     + make_interval(secs => per.step * per.taken),
       last_used_at = clock_timestamp()
  FROM per
 WHERE k.id = per.id
   AND greatest(k.spent_until, clock_timestamp())
       + make_interval(secs => per.step * per.taken)
       <= clock_timestamp() + interval '1 minute'
RETURNING per.taken
"""
_WAIT = """
SELECT ceil(extract(epoch FROM spent_until - interval '1 minute' - clock_timestamp())
            + 60.0 / coalesce(per_minute, 60000)
              * greatest(1, coalesce(per_minute, 60000) / 600))
  FROM managers_apikey WHERE id = %s
"""

# The calls that this process has reserved and not used, by key.
_taken: Counter[int] = Counter()
_lock = threading.Lock()


def count_call(key_id: int) -> None:
    """Counts one call of a limited key. Raises ThrottledError if none is left."""
    with _lock:
        if _taken[key_id] > 0:
            _taken[key_id] -= 1
            return
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, [key_id])
        row = cursor.fetchone()
        if row is not None:
            with _lock:
                _taken[key_id] += row[0] - 1
            return
        cursor.execute(_WAIT, [key_id])
        row = cursor.fetchone()
    raise ThrottledError(max(1, int(row[0] or 1)) if row else 1)


def forget_taken_calls() -> None:
    """Discards this process's reserved calls: a limit may have changed."""
    with _lock:
        _taken.clear()
