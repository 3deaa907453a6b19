"""Measures what an attack costs a centre's processes and its other clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Self

# Seconds between two searches for a worker's conversion processes.
EVERY = 0.05


def memory(pid: int, what: str = "VmRSS") -> float:
    """Returns MiB: VmRSS is the present size, VmHWM the peak since `forget_peak`."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


class Watch:
    """Measures processes, their children and other clients' calls in a block."""

    def __init__(self, pids: dict[str, int], call: Callable[[], int]) -> None:
        self.pids, self._call = pids, call
        self.before: dict[str, float] = {}
        self.most: dict[str, float] = {}
        # The most memory of one child, and of all that ran at the same time.
        self.child = self.children = 0.0
        self.statuses: list[int] = []
        self.slowest = 0.0
        self.seconds = 0.0
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._look_at_children),
            threading.Thread(target=self._call_as_others),
        ]

    def __enter__(self) -> Self:
        for name, pid in self.pids.items():
            self.before[name] = memory(pid)
            forget_peak(pid)
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._began
        self.most = {name: memory(pid, "VmHWM") for name, pid in self.pids.items()}

    @property
    def grown(self) -> float:
        """Returns the MiB by which the process that grew most has grown."""
        return max(self.most[name] - self.before[name] for name in self.pids)

    def summary(self, name: str) -> str:
        grown = ", ".join(
            f"{of} {self.before[of]:.0f} -> {self.most[of]:.0f}" for of in self.pids
        )
        return (
            f"{name}: RSS {grown} MB at most; a conversion {self.child:.0f}, all at once"
            f" {self.children:.0f} MB; {len(self.statuses)} calls of others, slowest"
            f" {self.slowest:.2f} s; {self.seconds:.0f} s"
        )

    def _look_at_children(self) -> None:
        while not self._ended.wait(EVERY):
            sizes = [_size_of(child) for child in _children(self.pids.values())]
            self.child = max(self.child, *sizes, 0.0)
            self.children = max(self.children, sum(sizes))

    def _call_as_others(self) -> None:
        while True:
            began = time.monotonic()
            self.statuses.append(self._call())
            self.slowest = max(self.slowest, time.monotonic() - began)
            if self._ended.wait(EVERY):
                return


def _children(parents: Iterable[int]) -> list[int]:
    wanted = {str(pid) for pid in parents}
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The state and the parent come after the name, which may contain anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] in wanted:
            found.append(int(folder.name))
    return found


def _size_of(pid: int) -> float:
    try:
        return memory(pid, "VmRSS")
    except (OSError, IndexError):
        # It has ended meanwhile.
        return 0.0
