"""The table of a run, beside the targets.

    python bench/rest/report.py rest.jsonl

CPU is server + PostgreSQL in ms a request, each divided by the core's speed during
its cell; with several rounds, the median. The ratio is to Express on the same
tables; the bare Express and the relay stand in columns of their own.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

TARGETS = {
    "manager": 0.9,
    "manager_full": 0.8,
    "contacts200": 0.7,
    "messages50": 0.9,
    "messages10k": 0.6,
    "send": 1.2,
    "sa": 1.2,
    "claim": 1.2,
}
Rows = dict[tuple[str, str, str], list[dict[str, Any]]]


def figure(found: list[dict[str, Any]], part: str) -> float:
    """The median of one part's CPU, p99 or requests a second, at nominal speed."""
    if part in ("p50", "p99"):
        return statistics.median(row[part] / row["cal"] for row in found)
    if part == "cpu":
        return statistics.median(
            (row["cpu"]["server"] + row["cpu"]["postgres"]) / row["cal"]
            for row in found
        )
    return statistics.median(row["cpu"].get(part, 0) / row["cal"] for row in found)


def line(rows: Rows, size: str, cell: str, target: float) -> str | None:
    ours = rows.get(("ours", size, cell))
    peer = rows.get(("express-same", size, cell))
    if not ours or not peer:
        return None
    bare = rows.get(("express-bare", size, cell))
    mine, theirs = figure(ours, "cpu"), figure(peer, "cpu")
    ratio = mine / theirs
    beside_bare = f"{mine / figure(bare, 'cpu'):.2f}" if bare else ""
    p99 = figure(ours, "p99"), figure(peer, "p99")
    return " | ".join(
        (
            f"| {cell}",
            f"{mine:.3f} ({figure(ours, 'server'):.3f} + {figure(ours, 'postgres'):.3f})",
            f"{theirs:.3f} ({figure(peer, 'server'):.3f} + {figure(peer, 'postgres'):.3f})",
            f"**{ratio:.2f}**",
            f"≤ {target}",
            "met" if ratio <= target else "missed",
            beside_bare,
            f"{figure(ours, 'relay'):.3f}",
            f"{p99[0]:.1f} / {p99[1]:.1f}",
            f"{max(row['rss'] for row in ours)} |",
        )
    )


def main() -> None:
    rows: Rows = {}
    for name in sys.argv[1:]:
        for text in Path(name).read_text().splitlines():
            row = json.loads(text)
            rows.setdefault((row["label"], row["size"], row["cell"]), []).append(row)
    for size in ("S", "L"):
        lines = [line(rows, size, cell, target) for cell, target in TARGETS.items()]
        if not any(lines):
            continue
        print(f"\nDataset {size}, CPU ms a request (server + PostgreSQL)\n")
        print(
            "| call | ours | express, same tables | ratio | target | | to the bare"
            " express | relay | p99 ms, ours / express | RSS MB |"
        )
        print("| --- " * 10 + "|")
        print("\n".join(filter(None, lines)))


if __name__ == "__main__":
    main()
