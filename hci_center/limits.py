"""What the system allows a process, taken as far as it goes."""

from __future__ import annotations

import ctypes
import resource
from collections.abc import Callable


def allow_many_connections() -> None:
    """As many open files as the hard limit lets: the soft one is often 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def give_memory_back() -> None:
    """Lets the C library return what was freed: glibc keeps it for later."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def _find_malloc_trim() -> Callable[[int], int] | None:
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return trim


_malloc_trim = _find_malloc_trim()
