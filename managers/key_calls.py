"""Counts the daily calls of each API key, at no cost for the calls.

A web process counts in memory and adds the counts to PostgreSQL once a minute. Counts
of a killed process are lost; they are only informative, unlike limits (`key_limits`).
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.conf import settings
from django.db import connection

from hci_center.database.faults import ERRORS, describe

logger = logging.getLogger(__name__)

EVERY = 60.0
_PREFIX = "key:"

_ADD = """
INSERT INTO managers_keyday AS d (key_id, day, calls)
SELECT k.id, (now() AT TIME ZONE %(zone)s)::date, n.calls
  FROM unnest(%(keys)s::bigint[], %(calls)s::bigint[]) n (key_id, calls)
  JOIN managers_apikey k ON k.id = n.key_id
 ORDER BY k.id
ON CONFLICT (key_id, day) DO UPDATE SET calls = d.calls + excluded.calls
"""
_FORGET = "DELETE FROM managers_keyday WHERE day < current_date - 400"
_TODAY = """
SELECT calls FROM managers_keyday
 WHERE key_id = %s AND day = (now() AT TIME ZONE %s)::date
"""


class KeyCalls:
    """The unwritten counts of a process; `count` is for one thread."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="key-calls", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def count(self, caller: str) -> None:
        """Counts a call of "key:7"; others are not counted."""
        if caller.startswith(_PREFIX):
            counts = self._counts
            counts[caller] = counts.get(caller, 0) + 1

    def close(self) -> None:
        """Writes the remaining counts, within a few seconds."""
        self._stopped.set()
        self._thread.join(5.0)

    def write(self) -> None:
        """Adds the counts to the database; keeps them if that fails."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        values: dict[str, Any] = {
            "keys": [int(caller.removeprefix(_PREFIX)) for caller in counts],
            "calls": list(counts.values()),
            "zone": settings.TIME_ZONE,
        }
        try:
            with connection.cursor() as cursor:
                cursor.execute(_ADD, values)
                cursor.execute(_FORGET)
        except ERRORS as error:
            logger.warning("Calls of keys could not be counted: %s", describe(error))
            for caller, calls in counts.items():
                self._counts[caller] = self._counts.get(caller, 0) + calls

    def _run(self) -> None:
        while not self._stopped.wait(EVERY):
            self._write_and_leave()
        self._write_and_leave()

    def _write_and_leave(self) -> None:
        self.write()
        # A connection that is used once a minute is not kept.
        connection.close()


def calls_today(key_id: int) -> int:
    """Returns the number of calls of a key today, as written by web processes."""
    with connection.cursor() as cursor:
        cursor.execute(_TODAY, [key_id, settings.TIME_ZONE])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
