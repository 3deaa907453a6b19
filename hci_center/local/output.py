"""The output of a command whose reader ends first, such as `| head -1`."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# As the shell tells of a program that a signal ended.
EXIT_STATUS = 128 + signal.SIGPIPE


@contextmanager
def quiet_without_reader() -> Iterator[None]:
    """Within the block, the process ends without words when nobody reads its output."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _has_no_reader():
            raise
        # Python writes what is left at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_STATUS)


def _has_no_reader() -> bool:
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _descriptor, event in poll.poll(0))
