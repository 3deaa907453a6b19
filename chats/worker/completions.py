"""Results of the worker's threads, which its main thread writes one by one."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from hci_center.background import faults
from hci_center.database.faults import describe, fault_of

logger = logging.getLogger(__name__)

# The pauses between attempts to write the same result, in seconds, and the number of
# attempts: about two minutes in total.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
MOST_TRIES = 30


@dataclass(slots=True)
class Completion:
    """A result to write; `done` is called once it has been written or given up."""

    task: str
    write: Callable[[], None]
    done: Callable[[], None]
    subject: str = ""
    # Called if `write` fails permanently.
    give_up: Callable[[], None] | None = None
    tries: int = 0
    due: float = 0.0


class Completions:
    """A queue of results: any thread may add them, the main thread writes them."""

    def __init__(self) -> None:
        self._waiting: deque[Completion] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, completion: Completion) -> None:
        self._waiting.append(completion)

    def write(self) -> bool:
        """Writes all results that are due; returns whether there were any.

        A write that fails because of a deadlock, a timeout or a full disk is retried;
        one that fails for another reason is recorded and given up. Neither blocks the
        others. Raises if the database connection is lost, and keeps all results.
        """
        busy = False
        for _ in range(len(self._waiting)):
            completion = self._waiting[0]
            if completion.due <= monotonic():
                busy = True
                if self._is_over(completion):
                    completion.done()
                    self._waiting.popleft()
                    continue
            self._waiting.rotate(-1)
        return busy

    def _is_over(self, completion: Completion) -> bool:
        try:
            completion.write()
        except Exception as error:
            fault = fault_of(error)
            if fault is not None and fault.is_lost:
                raise
            may_pass = fault is not None and completion.tries < MOST_TRIES
            if may_pass or (fault is not None and fault.stops_all_writing):
                _put_off(completion, error)
                return False
            faults.record("worker", completion.task, error, completion.subject)
            return _is_given_up(completion)
        return True


def _put_off(completion: Completion, error: Exception) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(completion.tries, 10), LONGEST_PAUSE)
    completion.tries += 1
    completion.due = monotonic() + pause
    logger.warning("%s %s: %s", completion.task, completion.subject, describe(error))


def _is_given_up(completion: Completion) -> bool:
    """Calls `give_up`; if it fails, the row is claimed again when its lease expires."""
    if completion.give_up is not None:
        try:
            completion.give_up()
        except Exception as error:
            fault = fault_of(error)
            if fault is not None and fault.is_lost:
                raise
            logger.exception("%s %s", completion.task, completion.subject)
    return True


def nothing() -> None:
    """Does nothing: the `write` of a completion without a result."""
