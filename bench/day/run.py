"""Simulates a centre's day, and finds the highest rate of one machine.

    python bench/day/run.py [--managers 5] [--operators 500] [--rates 20,40,60,80,100]
    python bench/day/run.py --rates 40 --soak 30

Customers write through signed webhooks of the WhatsApp Cloud API, choose from a menu,
and are assigned or claimed; operators have a console's socket each, answer by the API
with their sessions, and close; the gateway reports each message as sent, delivered and
read. Every rate runs for `--seconds` after `--warm` seconds; the first that misses a
target is the last. The server has `--core`, the load generator `--load-core`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "rest")]

import company  # noqa: E402
from consoles import Console  # noqa: E402
from graph import Graph  # noqa: E402
from http_client import Client  # noqa: E402
from machine import Machine  # noqa: E402
from servers import PORT, Product  # noqa: E402
from soaking import soak  # noqa: E402
from traffic import Day, Figures  # noqa: E402

GRAPH_PORT = 18094
# Milliseconds at p99: webhook to an operator's socket, an operator's call to the gateway.
TO_SOCKET_MS, TO_GATEWAY_MS = 250, 500
MEMORY_MB = 1200
# The number of sockets that are opened at once.
AT_ONCE = 20
# Seconds without requests after that, before the idle server is measured.
SETTLES, IDLES = 12, 15

Row = dict[str, Any]


def percentile(found: list[float], part: float) -> float:
    """Returns milliseconds of delays in seconds; infinity if there are none."""
    if not found:
        return float("inf")
    return sorted(found)[min(len(found) - 1, int(len(found) * part))] * 1000


def row_of(rate: float, figures: Figures, day: Day, seconds: float) -> Row:
    row: Row = {"rate": rate, "in": figures.written / seconds}
    row["out"] = len(figures.to_gateway) / seconds
    for name, found in (
        ("to_socket", figures.to_socket),
        ("to_gateway", figures.to_gateway),
    ):
        row |= {
            f"{name}_{each}": percentile(found, part)
            for each, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        }
    row["late_p99"] = percentile(figures.late, 0.99)
    row["missing"] = day.waiting
    row["failures"] = sum(day.failures.values()) + len(day.graph.failures)
    return row


def is_met(row: Row) -> bool:
    return (
        row["to_socket_p99"] <= TO_SOCKET_MS
        and row["to_gateway_p99"] <= TO_GATEWAY_MS
        and row["memory"] <= MEMORY_MB
        and not row["missing"]
        and not row["failures"]
    )


async def open_consoles(day: Day, people: list[company.Operator], us: Client) -> Any:
    """Opens a socket of each operator; returns the tasks that listen."""
    begun = time.monotonic()
    listening = []
    consoles = [Console(day, each, us) for each in people]
    for start in range(0, len(consoles), AT_ONCE):
        some = consoles[start : start + AT_ONCE]
        listening += [asyncio.create_task(each.listen()) for each in some]
        await asyncio.wait_for(
            asyncio.gather(*(each.is_live.wait() for each in some)), 120
        )
    print(f"# {len(people)} sockets in {time.monotonic() - begun:.1f} s", flush=True)
    return listening


async def show_idle(machine: Machine) -> None:
    """Prints the cost of idle open sockets."""
    await asyncio.sleep(SETTLES)
    before = machine.now()
    await asyncio.sleep(IDLES)
    idle = machine.since(before, IDLES)
    parts = ", ".join(f"{name} {value:.1f}" for name, value in idle["parts"].items())
    print(f"# idle: {idle['cpu']:.1f} ms of CPU a second ({parts})", flush=True)


async def measure_rates(
    chosen: argparse.Namespace, day: Day, machine: Machine
) -> list[Row]:
    """Returns the figures of each rate, up to the first that misses a target."""
    print("\n| " + " | ".join(HEAD) + " |")
    print("| --- " * len(HEAD) + "|")
    rows = []
    for rate in chosen.rates:
        await day.run(rate, chosen.warm)
        # Without other work, so that a rate does not include work of the previous one.
        await asyncio.sleep(1)
        before = machine.now()
        figures = await day.run(rate, chosen.seconds)
        row = row_of(rate, figures, day, chosen.seconds)
        count = figures.written + len(figures.to_gateway)
        row |= machine.since(before, count)
        rows.append(row)
        show(row)
        if not is_met(row):
            break
    return rows


async def measure(chosen: argparse.Namespace, product: Product, folder: Path) -> bool:
    managers, people = company.make(product, folder, chosen.managers, chosen.operators)
    machine = Machine(product)
    us = Client(PORT)
    day = Day(managers)
    numbers = {each.phone: each.number for each in managers}
    day.graph = Graph(GRAPH_PORT, us, day.heard, numbers)
    await day.graph.start()
    listening = await open_consoles(day, people, us)
    await show_idle(machine)
    rows = await measure_rates(chosen, day, machine)
    is_flat = True
    if chosen.soak:
        is_flat = await soak(day, machine, chosen.rates[-1], chosen.soak)
    for text, times in [*day.failures.most_common(5)]:
        print(f"# failed {times} times: {text}")
    for text in day.graph.failures[:5]:
        print(f"# {text}")
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    day.graph.close()
    us.close()
    if chosen.json:
        with chosen.json.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    best = [row["rate"] for row in rows if is_met(row)]
    print(f"# the highest rate that meets the goals: {max(best, default=0)}")
    return bool(best) and is_flat


HEAD = (
    "rate", "in/s", "answers/s", "to socket p50 / p95 / p99 ms",
    "to gateway p50 / p95 / p99 ms", "CPU s / 1,000", "MB / 1,000", "memory MB",
    "late p99", "missing, failed", "",
)  # fmt: skip


def show(row: Row) -> None:
    delays = [
        " / ".join(f"{row[f'{name}_{each}']:.0f}" for each in ("p50", "p95", "p99"))
        for name in ("to_socket", "to_gateway")
    ]
    verdict = "met" if is_met(row) else "**missed**"
    parts = ", ".join(f"{name} {value:.2f}" for name, value in row["parts"].items())
    print(
        f"| {row['rate']:g} | {row['in']:.1f} | {row['out']:.1f} | {delays[0]} "
        f"| {delays[1]} | {row['cpu']:.2f} ({parts}) | {row['bytes'] / 1e6:.2f} "
        f"| {row['memory']} | {row['late_p99']:.0f} "
        f"| {row['missing']}, {row['failures']} | {verdict} |",
        flush=True,
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--managers", type=int, default=5)
    parser.add_argument("--operators", type=int, default=500)
    parser.add_argument("--rates", default="20,40,60,80,100,120")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--warm", type=float, default=30)
    parser.add_argument("--soak", type=int, default=0, help="minutes at the last rate")
    parser.add_argument("--core", default="0")
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    chosen.rates = [float(each) for each in chosen.rates.split(",")]
    return chosen


def main() -> None:
    chosen = read_options()
    os.sched_setaffinity(0, {chosen.load_core})
    print(
        f"# {chosen.managers} companies, {chosen.operators} operators; server on core "
        f"{chosen.core}, load on {chosen.load_core} of {os.cpu_count()}; load average "
        f"{os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        folder = Path(name)
        product = Product(
            folder,
            chosen.core,
            HCI_META_APP_SECRET=company.SECRET,
            HCI_WHATSAPP_CLOUD_URL=f"http://127.0.0.1:{GRAPH_PORT}",
        )
        product.start()
        try:
            met = asyncio.run(measure(chosen, product, folder))
        finally:
            product.stop()
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
