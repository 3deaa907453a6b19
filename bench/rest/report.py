"""Prints the results of one or several runs next to the targets.

    python bench/rest/report.py rest-s.jsonl rest-l.jsonl

CPU is server + PostgreSQL in ms per request. Every figure is divided by the core's
speed during its cell; of several rounds the median is shown. The ratio is to Express
on the same tables; express-bare and the relay have their own columns.
If both datasets are given, the growth from S to L is printed last.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterable
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
# Calls whose response is as long at L as at S.
STEADY = ("manager", "contacts200", "messages50", "send", "sa", "claim")
GROWTH = 1.3
MOST_MB = 200
HEAD = (
    "call",
    "ours (server + pg)",
    "Express, same tables",
    "**ratio**",
    "target",
    "",
    "to bare Express",
    "relay",
    "p99 ms, ours / Express",
    "RSS MB",
    "floor-pg",
    "typical DRF",
    "rounds, spread",
)
Row = dict[str, Any]
Rows = dict[tuple[str, str, str], list[Row]]


def gathered(found: Iterable[Row]) -> Rows:
    rows: Rows = {}
    for row in found:
        rows.setdefault((row["label"], row["size"], row["cell"]), []).append(row)
    return rows


def cost(row: Row) -> float:
    """Returns the CPU time of server and PostgreSQL at nominal speed."""
    spent: dict[str, float] = row["cpu"]
    return (spent.get("server", 0) + spent["postgres"]) / row["cal"]


def part(found: list[Row], name: str) -> float:
    return statistics.median(row["cpu"].get(name, 0) / row["cal"] for row in found)


def whole(found: list[Row]) -> float:
    return statistics.median(map(cost, found))


def p99(found: list[Row]) -> float:
    return statistics.median(row["p99"] / row["cal"] for row in found)


def split(found: list[Row]) -> str:
    server, database = part(found, "server"), part(found, "postgres")
    return f"{whole(found):.3f} ({server:.3f} + {database:.3f})"


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def beside(ours: list[Row], other: list[Row] | None) -> str:
    """Returns another server's cost and its ratio to ours."""
    if not other:
        return ""
    if not other[0]["requests"]:
        return "none finished"
    alone = ", 1 connection" if other[0]["connections"] == 1 else ""
    return f"{whole(other):.3f} (x {whole(other) / whole(ours):.1f}{alone})"


def spread(ours: list[Row], peer: list[Row]) -> str:
    ratios = [cost(one) / cost(two) for one, two in zip(ours, peer, strict=False)]
    return f"{len(ratios)}, {min(ratios):.2f}-{max(ratios):.2f}"


def line(rows: Rows, size: str, cell: str) -> str | None:
    ours = rows.get(("ours", size, cell))
    peer = rows.get(("express-same", size, cell))
    if not ours or not peer:
        return None
    bare = rows.get(("express-bare", size, cell))
    ratio = whole(ours) / whole(peer)
    memory = max(row["rss"] for row in ours)
    slower = "" if p99(ours) <= p99(peer) else " (worse)"
    columns = (
        cell,
        split(ours),
        split(peer),
        f"**{ratio:.2f}**",
        f"≤ {TARGETS[cell]}",
        verdict(ratio <= TARGETS[cell]),
        f"{whole(ours) / whole(bare):.2f}" if bare else "",
        f"{part(ours, 'relay'):.3f}",
        f"{p99(ours):.1f} / {p99(peer):.1f}{slower}",
        f"{memory}" if memory <= MOST_MB else f"**{memory}**",
        beside(ours, rows.get(("floor-pg", size, cell))),
        beside(ours, rows.get(("drf-typical", size, cell))),
        spread(ours, peer),
    )
    return f"| {' | '.join(columns)} |"


def growth(rows: Rows) -> list[str]:
    found = []
    for cell in STEADY:
        small, large = (rows.get(("ours", size, cell)) for size in ("S", "L"))
        if small and large:
            ratio = whole(large) / whole(small)
            peers = [rows.get(("express-same", size, cell)) for size in ("S", "L")]
            theirs = f"{whole(peers[1]) / whole(peers[0]):.2f}" if all(peers) else ""  # type: ignore[arg-type]
            found.append(
                f"| {cell} | {whole(small):.3f} | {whole(large):.3f} | **{ratio:.2f}**"
                f" | ≤ {GROWTH} | {verdict(ratio <= GROWTH)} | {theirs} |"
            )
    return found


def show(found: Iterable[Row]) -> None:
    rows = gathered(found)
    for size in ("S", "L"):
        lines = [text for cell in TARGETS if (text := line(rows, size, cell))]
        if lines:
            print(f"\nDataset {size}, CPU ms a request at nominal speed\n")
            print(f"| {' | '.join(HEAD)} |\n{'| --- ' * len(HEAD)}|")
            print("\n".join(lines))
    lines = growth(rows)
    if lines:
        print("\nFrom S to L, CPU ms a request of ours\n")
        print(
            "| call | S | L | **growth** | target | | Express |\n" + "| --- " * 7 + "|"
        )
        print("\n".join(lines))


def main() -> None:
    show(
        json.loads(text)
        for name in sys.argv[1:]
        for text in Path(name).read_text().splitlines()
    )


if __name__ == "__main__":
    main()
