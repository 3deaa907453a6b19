"""Measures the feed, socket.io and a minimal server in one run.

    .venv/bin/python bench/feed/run.py [--only fan_out,live,steady,storm,memory,writers]

A measurement runs on one core, including the client; compare ratios. It starts its own
PostgreSQL and Valkey (with fsync) and removes them when it ends; npm downloads
socket.io into a temporary folder, or --peers names a folder that contains it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

import uvloop  # noqa: E402
from centre import CORE, PEOPLE, Bench, fetch_peers  # noqa: E402
from sockets import fan_out, live, memory, steady, storm  # noqa: E402
from writing import writers  # noqa: E402

MEASUREMENTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "fan_out": fan_out,
    "live": live,
    "steady": steady,
    "storm": storm,
    "memory": memory,
    "writers": writers,
}


async def measure(bench: Bench) -> None:
    bench.rows = await asyncio.to_thread(bench.centre.shell, PEOPLE)
    # A full garbage collection of this client (150 ms) is not a delay of the server.
    gc.set_threshold(700, 10, 1_000_000)
    await bench.open_writers()
    for name in bench.options.only:
        await MEASUREMENTS[name](bench)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(MEASUREMENTS))
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--pgbench", type=int, default=5)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    options.only = options.only.split(",")
    return options


def main() -> None:
    options = read_options()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        options.folder = Path(name)
        options.folder.chmod(0o711)
        if options.peers is None and {"fan_out", "live"} & set(options.only):
            options.peers = fetch_peers(options.folder)
        os.environ["HCI_DATA_DIR"] = str(options.folder / "data")
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        import django

        django.setup()
        from tests.faults.centre import Centre

        settings = {"max_connections": "60", "shared_buffers": "256MB"}
        wrapped = ["taskset", "-c", str(CORE)]
        centre = Centre(options.folder / "data", settings, wrapped)
        centre.environment["HCI_FEED_SOCKETS_EACH"] = "1000"
        os.sched_setaffinity(0, {CORE})
        try:
            centre.start()
            uvloop.run(measure(Bench(centre, options)))
        finally:
            centre.stop()


if __name__ == "__main__":
    main()
