"""Measures the rules of the centre: lists, searches, assignment, greeting.

    python bench/rules/run.py --size L [--keep DIR] [--parts lists,arrivals,costs]

Starts `bin/run` on a centre of one manager. S: 10,000 contacts, 100,000 messages, 500
open chats; L: 100,000, 3,000,000 and 5,000. Prints tables with the targets; `--json`
appends the raw figures. `costs` has a data folder of its own, and needs wrk.
`--keep DIR` keeps the data folders: the next run there loads nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "rest")]

import arrivals  # noqa: E402
import costs  # noqa: E402
import lists  # noqa: E402
import loading  # noqa: E402
import psycopg  # noqa: E402
import tables  # noqa: E402
from calling import key_of, signed_in, with_key  # noqa: E402
from servers import Product  # noqa: E402

PARTS = ("lists", "arrivals", "costs")
SIZES = {"S": "S1", "L": "L1"}
CONTROLLER = 18093
OPERATOR = 1


@contextmanager
def running(folder: Path, cores: str) -> Iterator[Product]:
    product = Product(
        folder, cores, HCI_CONTROLLER_URL=f"http://127.0.0.1:{CONTROLLER}"
    )
    product.start()
    try:
        yield product
    finally:
        product.stop()


@contextmanager
def controller() -> Iterator[None]:
    """Runs a controller that accepts every message."""
    program = HERE.parent / "delivery" / "gateway.py"
    process = subprocess.Popen([sys.executable, str(program), str(CONTROLLER)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def load_average() -> str:
    return f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"


def record_commits(folder: Path, cores: str) -> None:
    """Makes the database keep the time of each commit, from its next start on."""
    with running(folder, cores) as product:
        connection = product.connection()
        dsn = loading.dataset.dsn_of({**connection, "user": "postgres"})
        with psycopg.connect(dsn, autocommit=True) as db:
            db.execute("ALTER SYSTEM SET track_commit_timestamp = on")


def measure_centre(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    size = SIZES[chosen.size]
    found: list[dict[str, Any]] = []
    if not (folder / "loaded").exists():
        record_commits(folder, chosen.cores)
    with running(folder, chosen.cores) as product:
        loader = loading.prepare(product, size)
        key = key_of(product)
        if "lists" in chosen.parts:
            for caller in callers(key):
                print(f"# lists of a {caller.name}: {load_average()}", flush=True)
                operator = "" if caller.name == "supervisor" else str(OPERATOR)
                asked = [
                    c for c in lists.cells(size, operator) if chosen.only in c.name
                ]
                found += lists.time_lists(caller, asked, chosen.times, product.pids())
        if "arrivals" in chosen.parts:
            print(f"# arrivals: {load_average()}", flush=True)
            found += arrivals.time_arrivals(
                loader, key, size, chosen.rate, chosen.seconds, product.pids()
            )
            print(f"# after arrivals: {load_average()}", flush=True)
    return found


def callers(key: str) -> list[Any]:
    return [
        with_key(key),
        signed_in("supervisor", "the-supervisor", loading.PASSWORD),
        signed_in("operator", f"bench-{OPERATOR}", loading.PASSWORD),
    ]


def measure(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    found = []
    with controller():
        if {"lists", "arrivals"} & set(chosen.parts):
            found += measure_centre(chosen, folder / "centre")
        if "costs" in chosen.parts:
            with running(folder / "costs", chosen.cores) as product:
                print(f"# costs: {load_average()}", flush=True)
                found += costs.time_calls(product, 3, chosen.rounds)
                print(f"# after costs: {load_average()}", flush=True)
    return found


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="S", choices=SIZES)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--only", default="", help="lists whose name has this in it")
    parser.add_argument("--times", type=int, default=40, help="calls of each list")
    parser.add_argument("--rate", type=float, default=20, help="customers a second")
    parser.add_argument("--seconds", type=float, default=60, help="of arrivals")
    parser.add_argument("--rounds", type=int, default=2, help="of costs")
    parser.add_argument("--cores", default="0,1")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    chosen.parts = chosen.parts.split(",")
    return chosen


def main() -> None:
    chosen = read_options()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        folder = (chosen.keep or Path(name)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        found = measure(chosen, folder)
    if chosen.json:
        with chosen.json.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in found)
    met = tables.show(found)
    print(f"\n# {time.monotonic() - begun:.0f} s")
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
