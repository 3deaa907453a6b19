"""Jobs of other packages that the worker runs from time to time, in a thread aside.

The worker cannot import packages above it; they register here when Django starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class RegisteredJob(NamedTuple):
    """A job, its name in the background faults, and how often it is due, in seconds."""

    name: str
    call: Callable[[], object]
    every: float


_jobs: dict[str, RegisteredJob] = {}


def register(name: str, call: Callable[[], object], every: float) -> None:
    """Has each worker call it every so many seconds, one call at a time."""
    _jobs[name] = RegisteredJob(name, call, every)


def registered() -> list[RegisteredJob]:
    return list(_jobs.values())
