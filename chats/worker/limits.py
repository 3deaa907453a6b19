"""The concurrency limits and durations of a worker."""

from __future__ import annotations

from dataclasses import dataclass

from chats.delivery import results
from chats.gateways.deadline_adapter import Timeouts
from chats.gateways.http import FILE


@dataclass(frozen=True, slots=True)
class Limits:
    """The concurrency limits and durations (in seconds) of a worker."""

    sends: int = 64
    # Sends of one account, so that a slow one leaves room for the others.
    each: int = 4
    partitions: int = 3
    fetches: int = 2
    # Processes that convert files; one of them takes no videos, which take long.
    conversions: int = 2
    # Threads for the tasks of the rules.
    rules: int = 2
    lease: float = 60.0
    doubt: float = results.DOUBT
    # With the rest of the shutdown, shorter than a supervisor's timeout (10 s).
    drain: float = 7.0
    # Divides the waits between attempts and the pauses; for tests.
    hurry: float = 1.0
    patience: Timeouts = FILE
