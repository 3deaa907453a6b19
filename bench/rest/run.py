"""Holds this product, as it ships, beside a bare Express server on the same rows.

    python bench/rest/run.py --size S [--seconds 4] [--cells send,sa] [--json out.jsonl]

Starts `bin/run` on a data folder of its own, loads the rows, then measures in turn:
this product, Express on the same tables (their triggers and the unread update
included), Express on a minimal copy of them, and pgbench with the statements alone.
Everything is pinned to one core. Wants wrk, Node and `npm i` in a copy of
peers/express (EXPRESS_DIR).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import dataset
import measure
from measure import CELLS, WRITES, Server

ROOT = Path(__file__).resolve().parents[2]
PORT, PEER_PORT = 18080, 18090
PARTS = {
    "server": "hci_center.web",
    "relay": "relay_changes",
    "feed": "serve_feed",
    "postgres": "bin/postgres",
}


class Product:
    """`bin/run` on its own data folder, empty but for the rows of the benchmark."""

    def __init__(self, folder: Path, core: str) -> None:
        self.folder = folder
        self.core = core
        self.environment = os.environ | {
            "HCI_DATA_DIR": str(folder),
            "HCI_PORT": str(PORT),
            "HCI_DEMO": "0",
        }

    def start(self) -> None:
        self.log = (self.folder.parent / "bin-run.log").open("w")
        self.process = subprocess.Popen(
            ["taskset", "-c", self.core, str(ROOT / "bin/run")],
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )
        wait_for(f"http://127.0.0.1:{PORT}/healthz")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def manage(self, *arguments: str) -> str:
        command = [str(ROOT / ".venv/bin/python"), str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def dsns(self) -> tuple[str, str]:
        """Of the product's own role, and of the one that may switch triggers off."""
        own = self.manage(
            "shell",
            "-v0",
            "-c",
            "from django.db import connection as c; c.ensure_connection();"
            "i = c.connection.info;"
            "print(f'host={i.host} user={i.user} dbname={i.dbname}')",
        )
        return own, own.replace("user=hci", "user=postgres")

    def pids(self) -> dict[str, int]:
        """The roots of the parts' process trees, told apart by their commands."""
        found = {}
        for pid in measure.tree(self.process.pid):
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
            for name, mark in PARTS.items():
                if mark in command and name not in found and "wrk" not in command:
                    found[name] = pid
        return found


def wait_for(url: str, seconds: float = 180) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(url, timeout=2)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def express(dsn: str, tables: str, core: str) -> subprocess.Popen[bytes]:
    folder = os.environ.get("EXPRESS_DIR", str(Path(__file__).parent / "peers/express"))
    parts = dict(part.split("=", 1) for part in dsn.split())
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    process = subprocess.Popen(
        ["taskset", "-c", core, "node", "server.mjs"],
        cwd=folder,
        env=os.environ
        | {
            "DSN": url,
            "PORT": str(PEER_PORT),
            "TABLES": tables,
            "NODE_ENV": "production",
        },
    )
    wait_for(f"http://127.0.0.1:{PEER_PORT}/")
    return process


def measured(
    server: Server, cells: list[str], chosen: argparse.Namespace, loader: str
) -> list[dict[str, Any]]:
    found = []
    for cell in cells:
        figures = measure.cell_figures(
            server, cell, chosen.size, chosen.connections, chosen.seconds
        )
        found.append(figures)
        print(json.dumps(figures), flush=True)
    dataset.reset(loader, chosen.size)
    return found


def run(chosen: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    os.sched_setaffinity(0, {int(chosen.core)})
    product = Product(folder / "data", chosen.core)
    product.start()
    try:
        dsn, loader = product.dsns()
        dataset.load(loader, chosen.size)
        dataset.make_bare(dsn)
        key = product.manage("create_api_key", "bench")
        pids = product.pids()
        cells = chosen.cells.split(",")
        found = []
        for _ in range(chosen.rounds):
            ours = Server("ours", PORT, key, pids)
            found += measured(ours, cells, chosen, loader)
            for tables in ("same", "bare"):
                peer = express(dsn, tables, chosen.core)
                theirs = {"server": peer.pid} | {
                    name: pid for name, pid in pids.items() if name != "server"
                }
                label = f"express-{tables}"
                asked = [c for c in cells if tables == "same" or c in WRITES]
                try:
                    server = Server(label, PEER_PORT, "", theirs)
                    found += measured(server, asked, chosen, loader)
                finally:
                    peer.terminate()
                    peer.wait(20)
        return found
    finally:
        product.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="S", choices=dataset.SIZES)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--core", default="0")
    parser.add_argument("--json", default="rest.jsonl")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian's package of that name)")
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        found = run(chosen, Path(name))
    with Path(chosen.json).open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in found)


if __name__ == "__main__":
    main()
