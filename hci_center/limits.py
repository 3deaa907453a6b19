"""Raises the process's resource limits and returns unused memory."""

from __future__ import annotations

import ctypes
import gc
import resource
from collections.abc import Callable


def allow_many_connections() -> None:
    """Raises the soft limit of open files, often 1,024, to the hard limit."""
    _, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))


def give_memory_back() -> None:
    """Makes the C library return freed memory to the system; glibc keeps it."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def collect_and_give_back() -> None:
    """Collects garbage, and gives the memory of a large body back to the system."""
    gc.collect()
    give_memory_back()


def _find_malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return trim


_malloc_trim = _find_malloc_trim()
