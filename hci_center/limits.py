"""What the system allows a process, taken as far as it goes."""

from __future__ import annotations

import resource


def allow_many_connections() -> None:
    """As many open files as the hard limit lets: the soft one is often 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
