"""Logs that the database is lost, once per outage, and that it is back."""

from __future__ import annotations

import logging
import threading
import time

from hci_center.database.timeouts import role

logger = logging.getLogger(__name__)

# A long outage is logged again, so that the last minutes of a log show it; repeated
# short ones are logged less often than they occur.
AGAIN = 5 * 60.0
PAUSE = 30.0


class OutageLines:
    """The lines about outages of this process. Any thread may report to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._was_there = False
        self._lost_at: float | None = None
        self._is_said = False
        self._said_at = -AGAIN

    @property
    def level(self) -> int:
        """The level for other lines about a lost connection: low during an outage."""
        return logging.WARNING if self._lost_at is None else logging.DEBUG

    def lost(self, reason: str) -> None:
        """Records that the server is unreachable.

        Before the first connection, the startup of a process reports it, and a command
        does at its end.
        """
        now = time.monotonic()
        with self._lock:
            if self._lost_at is None:
                self._lost_at, self._is_said = now, not self._was_there
                if not self._was_there:
                    self._said_at = now
            if now - self._said_at < (AGAIN if self._is_said else PAUSE):
                return
            self._is_said, self._said_at = True, now
            seconds = now - self._lost_at
        if role() != "command":
            since = f" for {seconds:.0f} s" if seconds >= 1 else ""
            logger.error("The database is lost%s: %s", since, reason)

    def back(self) -> None:
        """Records that the server has accepted a connection."""
        # Read without the lock, because this runs for each new connection.
        if self._was_there and self._lost_at is None:
            return
        with self._lock:
            lost_at, is_said = self._lost_at, self._is_said
            self._was_there, self._lost_at, self._is_said = True, None, False
        if lost_at is not None and is_said and role() != "command":
            seconds = time.monotonic() - lost_at
            logger.info("The database is back after %.0f s", seconds)


outage_lines = OutageLines()


def reason_of(error: BaseException) -> str:
    """Returns the first line of a connection error, which contains no row values."""
    return str(error).partition("\n")[0]
