"""Runs the tasks of a worker's round, so that errors in one do not affect others."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from hci_center.background import faults
from hci_center.database.faults import is_lost

Result = TypeVar("Result")

# The backoff of a task after an error, in seconds; doubled for each consecutive error.
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0


class Tasks:
    """The due times and the numbers of consecutive failures of tasks, by name."""

    def __init__(self) -> None:
        self.dues: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def is_due(self, name: str, every: float) -> bool:
        """Returns whether the task is due; if so, it is next due in `every` seconds."""
        now = monotonic()
        if self.dues.get(name, 0.0) > now:
            return False
        self.dues[name] = now + every
        return True

    def run(
        self, name: str, call: Callable[[], Result], every: float = 0.0
    ) -> Result | None:
        """Runs the task if it is due; returns its result, or None.

        An error is recorded and delays the next run. Raises if the database connection
        is lost, because that does not count as a failure of the task.
        """
        if not self.is_due(name, every):
            return None
        try:
            result = call()
        except Exception as error:
            if is_lost(error):
                raise
            self._back_off(name)
            faults.record("worker", name, error)
            return None
        self._failures.pop(name, None)
        return result

    def _back_off(self, name: str) -> None:
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        delay = min(FIRST_BACKOFF * 2 ** min(failures - 1, 10), LONGEST_BACKOFF)
        self.dues[name] = max(self.dues.get(name, 0.0), monotonic() + delay)
