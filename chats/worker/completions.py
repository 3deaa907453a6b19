"""What threads have ended, written by the worker's main thread one after the other."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from hci_center.background import faults
from hci_center.database.faults import describe, fault_of

logger = logging.getLogger(__name__)

# Between two tries to write the same, in seconds, and how many there are: some two
# minutes in all.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
MOST_TRIES = 30


@dataclass(slots=True)
class Completion:
    """An end that is to be written; `done` is called once it is, or never will be."""

    task: str
    write: Callable[[], None]
    done: Callable[[], None]
    subject: str = ""
    # What is written instead when `write` fails for a fault of ours.
    give_up: Callable[[], None] | None = None
    tries: int = 0
    due: float = 0.0


class Completions:
    """Any thread adds; the main thread writes."""

    def __init__(self) -> None:
        self._waiting: deque[Completion] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, completion: Completion) -> None:
        self._waiting.append(completion)

    def write(self) -> bool:
        """Tries all that are due; answers whether any was.

        What fails for a deadlock, a timeout or a full disk is tried again, and what
        fails for a fault of ours is recorded and given up; neither stands in the way
        of the rest. Raises when the connection to the database is lost: nothing is
        forgotten.
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
    """What cannot be written even so is left to whoever takes it up after its lease."""
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
    """As `write`: there is nothing to write, only that something has ended."""
