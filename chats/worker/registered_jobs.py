"""Periodic jobs of other packages, which the worker runs in separate threads.

The worker cannot import packages of higher layers; they register their functions here
when Django starts. They use dotted paths, so that the relay and the feed, which do not
run the jobs, start without importing them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from django.utils.module_loading import import_string


class RegisteredJob(NamedTuple):
    """A job, its name in the background faults, and its interval in seconds.

    `stop_path` is the path of a function that ends it early, "" if there is none.
    """

    name: str
    path: str
    every: float
    stop_path: str = ""

    @property
    def call(self) -> Callable[[], object]:
        """The imported function of the job; raises ImportError if there is none."""
        function: Callable[[], object] = import_string(self.path)
        return function

    def stop(self) -> None:
        """Ends the job early; may be called from any thread or a signal handler."""
        module, _, name = self.stop_path.rpartition(".")
        # A job whose module is not imported is not running.
        if module in sys.modules:
            getattr(sys.modules[module], name)()


_jobs: dict[str, RegisteredJob] = {}


def register(name: str, path: str, every: float, stop_path: str = "") -> None:
    """Registers a function that each worker calls at that interval, without overlap."""
    _jobs[name] = RegisteredJob(name, path, every, stop_path)


def registered() -> list[RegisteredJob]:
    return list(_jobs.values())
