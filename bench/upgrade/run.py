"""Upgrades a database in use: the old version, both, then this one, under load.

    python bench/upgrade/run.py --from COMMIT [--size M] [--rate 50]

Starts that commit's `bin/run` with 1,000,000 messages, and calls its API `--rate` times
a second while this version's `manage.py migrate` runs. Then this version's web process
serves beside the older one, and in the end alone. Prints answers of 5xx and delays of
each phase; fails if there was one, or if p99 is a second or more.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "rest")]

import measure  # noqa: E402
from servers import PORT, Product, wait_for  # noqa: E402

THREADS = 16
P99_MS = 1000
# The second web process.
OTHER_PORT, OTHER_FEED_PORT = PORT + 50, PORT + 51
# How many of ten calls are of each kind.
MIX = {"messages50": 4, "contacts200": 2, "send": 3, "sa": 1}
_LOAD = """
import sys
sys.path.insert(0, "bench/rest")
import rows
rows.SIZES["M"] = (10, 10_000, 1_000_000)
import dataset
dataset.load(sys.argv[1], sys.argv[2])
"""


@dataclass
class Seen:
    """A phase's response statuses and milliseconds."""

    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Load:
    """Makes calls at a steady rate to the ports, in turn, until it is ended."""

    def __init__(self, key: str, size: str, rate: float) -> None:
        self.key, self.rate = key, rate
        self.ports = [PORT]
        self.seen = Seen()
        self._bodies = {cell: measure.bodies(cell, size) for cell in MIX}
        self._due: queue.Queue[tuple[float, int, str, bytes] | None] = queue.Queue()
        self._ended = threading.Event()
        threads = [threading.Thread(target=self._call) for _ in range(THREADS)]
        threads.append(threading.Thread(target=self._make_due))
        for thread in threads:
            thread.start()
        self._threads = threads

    def phase(self, work: Callable[[], object]) -> tuple[Seen, float]:
        """Returns the responses during the work, and its seconds."""
        self.seen = seen = Seen()
        begun = time.perf_counter()
        work()
        return seen, time.perf_counter() - begun

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _make_due(self) -> None:
        cells = [cell for cell, times in MIX.items() for _ in range(times)]
        at, n = time.perf_counter(), 0
        while not self._ended.is_set():
            cell = cells[n % len(cells)]
            asked = self._bodies[cell]
            body = json.dumps(asked[n % len(asked)]).encode()
            self._due.put((at, self.ports[n % len(self.ports)], cell, body))
            at, n = at + 1 / self.rate, n + 1
            time.sleep(max(0.0, at - time.perf_counter()))
        for _ in range(THREADS):
            self._due.put(None)

    def _call(self) -> None:
        lines: dict[int, http.client.HTTPConnection] = {}
        while (due := self._due.get()) is not None:
            at, port, cell, body = due
            seen = self.seen
            new = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            line = lines.setdefault(port, new)
            try:
                status, text = self._ask(line, cell, body)
            except (OSError, http.client.HTTPException) as error:
                status, text = 599, repr(error)
                lines.pop(port).close()
            if status != 200:
                seen.failed.append(f"{cell} {status} {text[:200]}")
            seen.took.append((time.perf_counter() - at) * 1000)

    def _ask(
        self, line: http.client.HTTPConnection, cell: str, body: bytes
    ) -> tuple[int, str]:
        method, path = measure.CELLS[cell]
        headers = {"Content-Type": "application/json", "X-Api-Key": self.key}
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def run(chosen: argparse.Namespace, folder: Path) -> bool:
    old_root = folder / "old"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", "-q", old_root, chosen.commit], check=True)
    try:
        (old_root / ".venv").symlink_to(ROOT / ".venv")
        old = Product(folder, chosen.cores, root=old_root)
        old.start()
        try:
            return upgrade(chosen, old, old_root)
        finally:
            old.stop()
    finally:
        subprocess.run([*git, "remove", "--force", old_root], check=True)


def upgrade(chosen: argparse.Namespace, old: Product, old_root: Path) -> bool:
    dsn = " ".join(f"{k}={v}" for k, v in old.connection().items())
    dsn = dsn.replace("user=hci", "user=postgres")
    python = str(old_root / ".venv/bin/python")
    begun = time.monotonic()
    subprocess.run([python, "-c", _LOAD, dsn, chosen.size], cwd=old_root, check=True)
    print(f"# loaded in {time.monotonic() - begun:.0f} s", flush=True)
    load = Load(old.manage("create_api_key", "upgrade"), chosen.size, chosen.rate)
    new = Product(old.folder, chosen.cores)
    met = True
    web = None
    try:
        print("\n| phase | s | calls | failed | p50 / p99 / most ms | |")
        print("| --- " * 6 + "|")
        met &= show("the older version", *load.phase(lambda: time.sleep(20)))
        met &= show("while it migrates", *load.phase(lambda: new.manage("migrate")))
        met &= show("migrated", *load.phase(lambda: time.sleep(10)))
        web = start_web(new)
        load.ports = [PORT, OTHER_PORT]
        met &= show("both versions", *load.phase(lambda: time.sleep(20)))
        load.ports = [OTHER_PORT]
        met &= show("this version", *load.phase(lambda: time.sleep(20)))
    finally:
        load.end()
        if web is not None:
            web.terminate()
            web.wait(20)
    return met


def start_web(new: Product) -> subprocess.Popen[bytes]:
    """Starts this version's web process on the same database."""
    ports = {"HCI_PORT": str(OTHER_PORT), "HCI_FEED_PORT": str(OTHER_FEED_PORT)}
    web = subprocess.Popen(
        [str(ROOT / ".venv/bin/python"), "-m", "hci_center.webserver.server"],
        cwd=ROOT,
        env=new.environment | ports,
    )
    wait_for(f"http://127.0.0.1:{OTHER_PORT}/healthz", web)
    return web


def show(name: str, seen: Seen, seconds: float) -> bool:
    took = sorted(seen.took)
    p50, p99 = (took[int(len(took) * part)] for part in (0.5, 0.99))
    met = not seen.failed and p99 < P99_MS
    print(
        f"| {name} | {seconds:.1f} | {len(took)} | {len(seen.failed)} "
        f"| {p50:.0f} / {p99:.0f} / {took[-1]:.0f} | {'met' if met else '**missed**'} |",
        flush=True,
    )
    for text in seen.failed[:3]:
        print(f"#   {text}")
    return met


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", dest="commit", required=True)
    parser.add_argument("--size", default="M", choices=("S", "M"))
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--cores", default="0,1")
    chosen = parser.parse_args()
    print(f"# load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        met: Any = run(chosen, Path(name))
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
