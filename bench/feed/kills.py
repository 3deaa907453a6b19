"""Kills each process with kill -9 repeatedly under steady writes.

    .venv/bin/python bench/feed/kills.py [--runs 20] [--only relay,valkey,…,all]

Prints, per kind, the events that 200 sockets lost or received twice or out of order;
anything but 0 is a bug. It starts its own PostgreSQL and Valkey and removes them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

PARTS = ["relay", "valkey", "postgres", "web", "feed"]
KINDS = {**{part: [part] for part in PARTS}, "all": PARTS}
WRITES_FOR = 4.0
DIES_AT = 1.5


def run_kinds(kinds: list[str], runs: int, data: Path) -> int:
    """Returns the number of lost, repeated and disordered events over all runs."""
    from tests.faults.centre import Centre
    from tests.faults.feeding import SOCKETS, kill_and_judge

    centre = Centre(data)
    wrong = 0
    try:
        centre.start()
        for kind in kinds:
            total: dict[str, float] = {"runs": 0, "sockets": SOCKETS}
            began = time.monotonic()
            for number in range(runs):
                verdict = asyncio.run(
                    kill_and_judge(
                        centre,
                        f"{kind}-{number}",
                        [(DIES_AT, KINDS[kind])],
                        WRITES_FOR,
                    )
                )
                total["runs"] += 1
                for name, count in asdict(verdict).items():
                    total[name] = total.get(name, 0) + count
                wrong += verdict.lost + verdict.doubled + verdict.disordered
                total["seconds"] = round(time.monotonic() - began)
                last = number == runs - 1
                print(
                    json.dumps({"killed": kind, **total}),
                    file=sys.stdout if last else sys.stderr,
                    flush=True,
                )
    finally:
        centre.stop()
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--only", default=",".join(KINDS))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hci-kills-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        os.environ["HCI_DATA_DIR"] = str(folder / "data")
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        import django

        django.setup()
        wrong = run_kinds(options.only.split(","), options.runs, folder / "data")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
