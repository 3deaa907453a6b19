"""Compares this server, as it ships, with its peers on the same rows.

    python bench/rest/run.py --size S [--rounds 3] [--cells send,sa] [--json out.jsonl]

Starts `bin/run` with its own data folder and loads the rows. Then measures each call
in turn, and in it each server in turn, so that changes of the machine's speed affect
all: this server; Express on the same tables (including their triggers and the update
of unread counts); Express on a minimal copy of them (writes only); pgbench with only
the statements; a typical DRF project on the same tables. All on one core.
Prints the table of the targets; `--json` appends the raw figures, for report.py.

Needs wrk; Node and `npm i` in a copy of peers/express (EXPRESS_DIR); for the typical
project a virtual environment with peers/drf/requirements.txt (DRF_VENV), or it is
left out. `--keep DIR` keeps the data folder: the next run there loads nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dataset
import report
import rows
import servers
from floor import Floor
from measure import CELLS, WRITES, Server
from servers import PORT, Product

CONTENDERS = ("ours", "express-same", "express-bare", "floor-pg", "drf-typical")


def contenders(
    product: Product,
    connection: dict[str, str],
    chosen: argparse.Namespace,
    running: ExitStack,
) -> list[Server | Floor]:
    """Starts the requested servers; the stack stops the peers."""
    pids = product.pids()
    beside = {name: pid for name, pid in pids.items() if name != "server"}
    found: list[Server | Floor] = []
    for label in chosen.only:
        if label == "ours":
            key = product.manage("create_api_key", f"bench {time.time():.0f}")
            found.append(Server(label, PORT, pids, f"Api-Key {key}"))
        elif label == "floor-pg":
            found.append(Floor(product.pgbench(), dataset.dsn_of(connection), beside))
        elif label == "drf-typical":
            peer, token = servers.typical(connection, chosen.core)
            running.callback(peer.stop)
            found.append(peer.server(beside, token))
        else:
            peer = servers.express(label, connection, chosen.core)
            running.callback(peer.stop)
            found.append(peer.server(beside))
    return found


def measured(
    asked: list[Server | Floor], reset: Callable[[], None], chosen: argparse.Namespace
) -> list[dict[str, Any]]:
    """Measures each call in each round; each round starts with another server."""
    found = []
    for turn in range(chosen.rounds):
        begin = turn % len(asked)
        for cell in chosen.cells:
            for contender in asked[begin:] + asked[:begin]:
                if contender.label == "express-bare" and cell not in WRITES:
                    continue
                figures = contender.figures(
                    cell, chosen.size, chosen.connections, chosen.seconds
                )
                found.append(figures)
                print(json.dumps(figures), flush=True)
                if cell in WRITES:
                    reset()
    return found


def run(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    product = Product(folder, chosen.core)
    product.start()
    try:
        connection = product.connection()
        loader = dataset.prepare(folder, connection, chosen.size)
        os.sched_setaffinity(0, {int(chosen.core)})
        with ExitStack() as running:
            asked = contenders(product, connection, chosen, running)
            return measured(asked, lambda: dataset.reset(loader, chosen.size), chosen)
    finally:
        product.stop()


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="S", choices=rows.SIZES)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--only", default=",".join(CONTENDERS))
    parser.add_argument("--core", default="0")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    chosen.cells = chosen.cells.split(",")
    chosen.only = chosen.only.split(",")
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian's package of that name)")
    if "drf-typical" in chosen.only and not os.environ.get("DRF_VENV"):
        print("# without the typical DRF project: DRF_VENV is not set", flush=True)
        chosen.only.remove("drf-typical")
    return chosen


def main() -> None:
    chosen = read_options()
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        found = run(chosen, (chosen.keep or Path(name)).absolute())
    if chosen.json:
        with chosen.json.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in found)
    report.show(found)


if __name__ == "__main__":
    main()
