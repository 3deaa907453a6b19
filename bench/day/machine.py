"""Measures the server's CPU, memory, connections, and the database's size."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import measure
import psycopg
from servers import Product

_SIZE = "SELECT pg_database_size(current_database())"
_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
)


SHARED = "shared buffers"


class Moment(NamedTuple):
    """CPU milliseconds by part, and the bytes of the database."""

    cpu: dict[str, float]
    size: int


class Machine:
    def __init__(self, product: Product) -> None:
        self.root, self.pids = product.process.pid, product.pids()
        self._dsn = " ".join(f"{k}={v}" for k, v in product.connection().items())

    def now(self) -> Moment:
        cpu = {name: measure.cpu_ms(pid) for name, pid in self.pids.items()}
        return Moment(cpu, self._asked(_SIZE))

    def since(self, before: Moment, messages: int) -> dict[str, Any]:
        """Returns CPU seconds and bytes of 1,000 messages, and the memory now."""
        now = self.now()
        parts = {
            name: (now.cpu[name] - before.cpu[name]) / messages for name in self.pids
        }
        return {
            "cpu": sum(parts.values()),
            "parts": parts,
            "bytes": (now.size - before.size) / messages * 1000,
            "memory": self.memory(),
        }

    def memory(self) -> int:
        """Returns the megabytes of all processes; shared memory counts once."""
        return sum(map(_proportional, measure.tree(self.root))) // 1024

    def memories(self) -> dict[str, int]:
        """Returns megabytes of each part with its children.

        Shared buffers are a part of their own: they fill up to the size that they have.
        """
        parts = {
            name: sum(map(_own, measure.tree(pid))) // 1024
            for name, pid in self.pids.items()
        }
        shared = self.memory() - sum(map(_own, measure.tree(self.root))) // 1024
        return parts | {SHARED: shared}

    def connections(self) -> int:
        return self._asked(_CONNECTIONS)

    def _asked(self, question: str) -> int:
        with psycopg.connect(self._dsn) as connection:
            row = connection.execute(question).fetchone()
        return int(row[0]) if row else 0


def _proportional(pid: int) -> int:
    """Returns the kilobytes of a process, of shared memory its share."""
    return _sizes(pid).get("Pss", 0)


def _own(pid: int) -> int:
    """Returns a process's kilobytes without shared memory such as buffers."""
    sizes = _sizes(pid)
    return sizes.get("Pss", 0) - sizes.get("Pss_Shmem", 0)


def _sizes(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return {}
    split = [line.split() for line in lines]
    return {line[0].rstrip(":"): int(line[1]) for line in split}
