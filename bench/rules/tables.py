"""Prints the figures of the rules next to their targets."""

from __future__ import annotations

from typing import Any

import costs

Rows = list[dict[str, Any]]
CALLERS = ("key", "supervisor", "operator")


def show(found: Rows) -> bool:
    """Prints the tables; returns whether every target is met."""
    by_part: dict[str, Rows] = {}
    for row in found:
        by_part.setdefault(row["part"], []).append(row)
    met = True
    if "lists" in by_part:
        met &= _show_lists(by_part["lists"])
    if "arrivals" in by_part:
        met &= _show_arrivals(by_part["arrivals"])
    if "costs" in by_part:
        _show_costs(by_part["costs"])
    return met


def _head(*titles: str) -> None:
    print("\n| " + " | ".join(titles) + " |")
    print("| --- " * len(titles) + "|")


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def _show_lists(found: Rows) -> bool:
    by_list: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in found:
        page = "first" if row["page"] == 1 else "later"
        place = (row["kind"], row["list"], page)
        by_list.setdefault(place, {})[row["caller"]] = row
    columns = [f"{caller}: p50 / p95, page" for caller in CALLERS]
    _head("`chat/list`", *columns, "CPU ms", "target, p95 ms", "")
    met = True
    for (kind, name, _), rows in by_list.items():
        cells = [_list_cell(rows.get(caller)) for caller in CALLERS]
        target = next(iter(rows.values()))["target"]
        is_met = all(row["p95"] <= target for row in rows.values())
        met &= is_met
        label = f"{name}, with counts" if kind == "counts" else name
        cpu = max(row["cpu"] for row in rows.values())
        print(
            f"| {label} | {' | '.join(cells)} | {cpu:.0f} "
            f"| ≤ {target} | {_verdict(is_met=is_met)} |"
        )
    return met


def _list_cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    page = f", p. {row['page']}" if row["page"] > 1 else ""
    return f"{row['p50']:.0f} / {row['p95']:.0f}{page}"


def _show_arrivals(found: Rows) -> bool:
    _head("customers' first messages", "n", "p50 / p95 / p99 / most, ms", "target", "")
    met = True
    for row in found:
        times = " / ".join(f"{row[part]:.0f}" for part in ("p50", "p95", "p99", "most"))
        verdict = ""
        if row["target"]:
            is_met = row["p99"] <= row["target"] and not row["lost"]
            met &= is_met
            verdict = _verdict(is_met=is_met)
        if row["lost"]:
            verdict += f", {row['lost']} lost"
        target = f"p99 ≤ {row['target']}" if row["target"] else ""
        print(f"| {row['what']} | {row['n']} | {times} | {target} | {verdict} |")
    spent = ", ".join(f"{name} {ms:.1f}" for name, ms in found[0]["cpu"].items())
    print(f"\nCPU ms of a customer, with all that follows: {spent}")
    return met


def _show_costs(found: Rows) -> None:
    medians = costs.medians(found)
    _head(
        "call",
        "CPU ms, rules off",
        "on",
        "**ratio**",
        "the call alone, off",
        "on",
        "**ratio**",
        "p50 ms, off / on",
    )
    for call in costs.CALLS:
        off, on = medians[call, "off"], medians[call, "on"]
        alone = [medians[call, f"{way}, call alone"][0] for way in ("off", "on")]
        print(
            f"| {call} | {off[0]:.3f} | {on[0]:.3f} | **{on[0] / off[0]:.2f}** "
            f"| {alone[0]:.3f} | {alone[1]:.3f} | **{alone[1] / alone[0]:.2f}** "
            f"| {off[1]:.1f} / {on[1]:.1f} |"
        )
