"""What became of the events of a phase, over all sockets.

An event carries `b:<run>:<n>:<ns>:` somewhere in its text, written before whatever
makes it happen begins; it is found in every frame, so one client serves ours, the
floor and socket.io. A delay is therefore from before the write to the client.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

TOKEN = re.compile(rb"b:([0-9a-f]+):(\d+):(\d+):")
EPOCH = re.compile(rb'"t":"hb","s":\d+,"e":"([0-9a-f]+)"')
CURSOR = re.compile(rb'^{"t":"\w+","s":(\d+)')
EVENT = re.compile(rb'{"s":(\d+),"k"')
# Of a contact: its id, and the count that each of its changes raises.
VERSION = re.compile(rb'"k":"contact","id":([^,]+),.*?"sa":(-?\d+)')


class Frame(NamedTuple):
    """What a text says, found once for all the sockets that it is sent to."""

    numbers: list[int]
    began: int
    cursor: int | None
    epoch: str | None
    # Of ours: the numbers of its events, and each row's versions.
    seqs: list[int]
    versions: dict[bytes, list[int]]
    is_falling: bool


@dataclass
class Run:
    """What is counted over all sockets of a phase.

    `disordered` are the frames in which something goes back. Ours: the number of an
    event or the version of a row, against the event before it on that socket, in the
    frame or in an earlier one. The others number nothing: the order of firing, which is
    that of the commits as long as each is awaited before the next. With many writers at
    once it is not (16 of them commit in any order), and to compare ours by it, as was
    done once under 300 commits a second, counts nearly every frame: millions, of which
    none was out of order.
    """

    name: bytes = field(default_factory=lambda: os.urandom(4).hex().encode())
    wanted: int = 0
    # Nanoseconds, and of how many deliveries.
    delays: list[tuple[int, int]] = field(default_factory=list)
    got: int = 0
    doubled: int = 0
    disordered: int = 0
    latest: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    frames: dict[bytes, Frame] = field(default_factory=dict)

    def read(self, payload: bytes) -> Frame:
        known = self.frames.get(payload)
        if known is None:
            if len(self.frames) > 5000:
                self.frames.clear()
            known = self.frames[payload] = _read(payload, self.name)
        return known

    def token(self, number: int) -> str:
        return f"b:{self.name.decode()}:{number}:{time.monotonic_ns()}:"

    def count(self, began: int, heard: int, new: int) -> None:
        self.doubled += heard - new
        self.latest = time.monotonic_ns()
        self.delays.append((self.latest - began, new))
        self.got += new
        if self.got >= self.wanted:
            self.done.set()

    def report(self, sockets: int, events: int, took: float) -> dict[str, Any]:
        delays = sorted(self.delays)

        def at(part: float) -> float:
            left = part * self.got
            for delay, count in delays:
                left -= count
                if left <= 0:
                    return round(delay / 1e6, 1)
            return round(delays[-1][0] / 1e6, 1)

        return {
            "sockets": sockets,
            "events": events,
            "lost": events * sockets - self.got,
            "doubled": self.doubled,
            "disordered": self.disordered,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1),
            "deliveries_per_s": round(self.got / took),
        }


class Hearing:
    """What one socket has heard, also before its line broke."""

    def __init__(self) -> None:
        self.cursor: int | None = None
        self.epoch: str | None = None
        self.seq = 0
        self.versions: dict[bytes, int] = {}
        self.begin()

    def begin(self) -> None:
        """Another phase, whose events are numbered anew."""
        self.seen: set[int] = set()
        self.highest = -1

    def take(self, run: Run, payload: bytes) -> None:
        """All events of a frame at once, each as late as the oldest of them."""
        frame = run.read(payload)
        if frame.cursor is not None:
            run.disordered += frame.cursor < (self.cursor or 0)
            self.cursor = frame.cursor
        self.epoch = frame.epoch or self.epoch
        if frame.seqs:
            run.disordered += frame.is_falling or self._goes_back(frame)
            self.seq = frame.seqs[-1]
        elif frame.numbers:
            run.disordered += frame.is_falling or frame.numbers[0] < self.highest
            self.highest = max(self.highest, frame.numbers[-1])
        if frame.numbers:
            before = len(self.seen)
            self.seen.update(frame.numbers)
            run.count(frame.began, len(frame.numbers), len(self.seen) - before)

    def _goes_back(self, frame: Frame) -> bool:
        goes_back = frame.seqs[0] <= self.seq
        for row, versions in frame.versions.items():
            goes_back |= versions[0] <= self.versions.get(row, -1)
            self.versions[row] = versions[-1]
        return goes_back


def _read(payload: bytes, run: bytes) -> Frame:
    epoch, cursor = EPOCH.search(payload), CURSOR.search(payload)
    tokens = [
        (int(n), int(ns)) for name, n, ns in TOKEN.findall(payload) if name == run
    ]
    numbers = [number for number, _ in tokens]
    seqs = [int(seq) for seq in EVENT.findall(payload)] if cursor else []
    versions: dict[bytes, list[int]] = {}
    for row, version in VERSION.findall(payload) if seqs else ():
        versions.setdefault(row, []).append(int(version))
    rising = [seqs or numbers, *versions.values()]
    return Frame(
        numbers,
        min((began for _, began in tokens), default=0),
        int(cursor[1]) if cursor else None,
        epoch[1].decode() if epoch else None,
        seqs,
        versions,
        any(b <= a for values in rising for a, b in pairwise(values)),
    )
