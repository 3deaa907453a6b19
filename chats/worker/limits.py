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
    # Sends per account, so that a slow account does not use all threads.
    each: int = 4
    partitions: int = 3
    fetches: int = 2
    # Processes that convert files; one is reserved for files other than (slow) videos.
    conversions: int = 2
    # Threads for rule tasks.
    rules: int = 2
    lease: float = 60.0
    doubt: float = results.DOUBT
    # The whole shutdown must be shorter than a process supervisor's timeout (10 s).
    drain: float = 7.0
    # Divides the waits between attempts and the pauses; used in tests.
    hurry: float = 1.0
    patience: Timeouts = FILE
