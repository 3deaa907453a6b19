"""Jobs of other packages that the worker runs from time to time, in a thread aside.

The worker cannot import packages above it; they register here when Django starts, by
their functions' dotted paths: the relay and the feed start without importing them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from django.utils.module_loading import import_string


class RegisteredJob(NamedTuple):
    """A job, its name in the background faults, and how often it is due, in seconds.

    `stop_path`: of a function that ends it early, "" if there is none.
    """

    name: str
    path: str
    every: float
    stop_path: str = ""

    @property
    def call(self) -> Callable[[], object]:
        """Imports the job's function; raises ImportError if there is none."""
        function: Callable[[], object] = import_string(self.path)
        return function

    def stop(self) -> None:
        """Ends the job early; may be called from any thread or a signal handler."""
        module, _, name = self.stop_path.rpartition(".")
        # What is not imported has not run.
        if module in sys.modules:
            getattr(sys.modules[module], name)()


_jobs: dict[str, RegisteredJob] = {}


def register(name: str, path: str, every: float, stop_path: str = "") -> None:
    """Has each worker call the function every so many seconds, one call at a time."""
    _jobs[name] = RegisteredJob(name, path, every, stop_path)


def registered() -> list[RegisteredJob]:
    return list(_jobs.values())
