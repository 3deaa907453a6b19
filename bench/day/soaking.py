"""Runs one rate for a long time, and checks whether memory and connections grow."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from machine import SHARED

if TYPE_CHECKING:
    from machine import Machine
    from traffic import Day

EVERY = 30.0
# Excluded from the slope, because caches, pools and shared buffers fill up.
WARMS_UP = 5 * 60.0
MOST_MB_A_MINUTE = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Megabytes by part, connections to the database, after so many seconds."""

    at: float
    memory: dict[str, int]
    connections: int


def slope(samples: list[Sample], part: str) -> float:
    """Returns megabytes a minute, by the least squares of all samples."""
    if len(samples) < 3:
        return 0.0
    minutes = [sample.at / 60 for sample in samples]
    return statistics.linear_regression(
        minutes, [float(sample.memory[part]) for sample in samples]
    ).slope


async def soak(day: Day, machine: Machine, rate: float, minutes: int) -> bool:
    """Prints samples and slopes; returns whether nothing grew or was lost."""
    parts = [*machine.memories()]
    print(
        f"\n| s | {' | '.join(f'{part} MB' for part in parts)} | all MB | connections "
    )
    print("| --- " * (len(parts) + 3) + "|")
    samples: list[Sample] = []
    written = shown = answered = 0
    for n in range(1, round(minutes * 60 / EVERY) + 1):
        figures = await day.run(rate, EVERY, settles=0.0)
        written += figures.written
        shown += len(figures.to_socket)
        answered += len(figures.to_gateway)
        memory = machine.memories()
        sample = Sample(n * EVERY, memory, machine.connections())
        samples.append(sample)
        told = " | ".join(str(memory[part]) for part in parts)
        print(
            f"| {sample.at:.0f} | {told} | {sum(memory.values())} "
            f"| {sample.connections} |",
            flush=True,
        )
    await day.settle(20.0)
    later = [sample for sample in samples if sample.at >= WARMS_UP] or samples
    each = {part: slope(later, part) for part in parts}
    grows = sum(value for part, value in each.items() if part != SHARED)
    counts = [sample.connections for sample in later]
    failures = sum(day.failures.values()) + len(day.graph.failures)
    print(
        f"# {minutes} minutes at {rate:g} a second: {written} written, {shown} shown to"
        f" an operator, {answered} answers at the gateway; lost {day.waiting}, failed"
        f" {failures}"
    )
    told = ", ".join(f"{part} {value:+.2f}" for part, value in each.items())
    print(
        f"# slope after {WARMS_UP / 60:.0f} minutes, without shared buffers: {grows:+.2f} MB"
        f" a minute ({told});"
        f" connections {min(counts)} to {max(counts)}"
    )
    return grows < MOST_MB_A_MINUTE and not day.waiting and not failures
