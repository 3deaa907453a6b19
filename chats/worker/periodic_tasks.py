"""Runs the parts of a worker's round apart: a fault of one holds up no other."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from hci_center.background import faults
from hci_center.database.faults import is_lost

Result = TypeVar("Result")

# After a fault a task rests, each time in a row twice as long, in seconds.
FIRST_REST, LONGEST_REST = 1.0, 60.0


class Tasks:
    """When each task is due, and since when one fails."""

    def __init__(self) -> None:
        self.dues: dict[str, float] = {}
        self._failures: dict[str, int] = {}

    def is_due(self, name: str, every: float) -> bool:
        """Whether it is; then it is due again in `every` seconds."""
        now = monotonic()
        if self.dues.get(name, 0.0) > now:
            return False
        self.dues[name] = now + every
        return True

    def run(
        self, name: str, call: Callable[[], Result], every: float = 0.0
    ) -> Result | None:
        """Its result when it was due and succeeded.

        A fault is recorded, and the task rests. Raises what says that the connection
        to the database is lost: that is nobody's own fault.
        """
        if not self.is_due(name, every):
            return None
        try:
            result = call()
        except Exception as error:
            if is_lost(error):
                raise
            self._rest(name)
            faults.record("worker", name, error)
            return None
        self._failures.pop(name, None)
        return result

    def _rest(self, name: str) -> None:
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        rest = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
        self.dues[name] = max(self.dues.get(name, 0.0), monotonic() + rest)
