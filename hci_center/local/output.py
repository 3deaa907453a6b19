"""Handles a closed output pipe, as with `| head -1`."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The exit status that shells report for a program killed by SIGPIPE.
EXIT_STATUS = 128 + signal.SIGPIPE


@contextmanager
def exit_quietly_on_broken_pipe() -> Iterator[None]:
    """Within the block, the process exits silently when nobody reads its output."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not _has_no_reader():
            raise
        # Python flushes the rest when the process exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_STATUS)


def _has_no_reader() -> bool:
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _descriptor, event in poll.poll(0))
