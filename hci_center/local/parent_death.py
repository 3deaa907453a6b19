"""Ends child processes when their parent dies, even by kill -9.

On Linux the kernel does so. Elsewhere a small process does: it reads a pipe whose other
end closes when the parent dies.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def bind_to_parent(number: signal.Signals) -> Callable[[], None]:
    """Returns a `preexec_fn`: the child gets the signal when this process dies.

    Must be called in the main thread, since the kernel watches the thread that forks.
    The child must not change its user afterwards, which would clear the setting.
    """
    parent = os.getpid()
    # Loaded here: a forked child should not load libraries.
    prctl = ctypes.CDLL(None, use_errno=True).prctl if _on_linux() else None

    def in_child() -> None:
        if prctl is not None and prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
            os._exit(126)
        if os.getppid() != parent:
            os._exit(126)

    return in_child


def _on_linux() -> bool:
    return sys.platform == "linux"


class Watch:
    """A process that ends our children when we die; does nothing on Linux."""

    def __init__(self, needed: bool | None = None) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if not _on_linux() if needed is None else needed:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )

    def add(self, pid: int, number: signal.Signals) -> None:
        self._tell(f"{pid} {int(number)}\n")

    def remove(self, pid: int) -> None:
        self._tell(f"{pid} 0\n")

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


def _watch_parent() -> None:
    watched: dict[int, int] = {}
    for line in sys.stdin:
        pid, number = map(int, line.split())
        watched[pid] = number
        if number == 0:
            del watched[pid]
    for pid, number in watched.items():
        try:
            os.kill(pid, number)
        except OSError:
            continue


if __name__ == "__main__":
    _watch_parent()
