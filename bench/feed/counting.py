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
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

Fire = Callable[[str], Awaitable[None]]

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
    fired: list[int] = field(default_factory=list)
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

    async def timed(self, fire: Fire, number: int) -> None:
        """Makes the event happen, and keeps how long that alone took."""
        began = time.monotonic_ns()
        await fire(f"b:{self.name.decode()}:{number}:{began}:")
        self.fired.append(time.monotonic_ns() - began)

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
            # Of that, the write's own: a disk that others use may stall a commit.
            "fire_max_ms": round(max(self.fired) / 1e6, 1),
            "deliveries_per_s": round(self.got / took),
        }


class Step(NamedTuple):
    """What a frame makes of those who had heard the same until then."""

    heard: Heard
    frame: Frame
    new: int
    disordered: int


class Heard:
    """What a socket has heard. Sockets that heard the same share it, and find together
    what the next frame adds: a set for each of a thousand cost this client, on the core
    of the servers, too much of what it measured (over 600 MB in 9,000 events)."""

    __slots__ = (
        "begun",
        "beyond",
        "cursor",
        "highest",
        "low",
        "seq",
        "steps",
        "versions",
    )

    def __init__(self) -> None:
        self.cursor: int | None = None
        # Of ours: the last event's number and each row's last version.
        self.seq = 0
        self.versions: dict[bytes, int] = {}
        # Of the phase: all of its events below `low`, and these.
        self.low, self.highest = 0, -1
        self.beyond: frozenset[int] = frozenset()
        self.steps: dict[bytes, Step] = {}
        self.begun: Heard | None = None

    def begin(self) -> Heard:
        """The same before another phase, whose events are numbered anew."""
        if self.begun is None:
            self.begun = self._copy()
            self.begun.low, self.begun.highest = 0, -1
            self.begun.beyond = frozenset()
        return self.begun

    def take(self, run: Run, payload: bytes) -> Step:
        step = self.steps.get(payload)
        if step is None:
            step = self.steps[payload] = self._step(run.read(payload))
        return step

    def _step(self, frame: Frame) -> Step:
        if frame.cursor == self.cursor and not frame.seqs and not frame.numbers:
            # A heartbeat: those who had it go on with those who did not.
            return Step(self, frame, 0, 0)
        after, disordered = self._copy(), 0
        if frame.cursor is not None:
            disordered += frame.cursor < (self.cursor or 0)
            after.cursor = frame.cursor
        if frame.seqs:
            disordered += frame.is_falling or self._goes_back(frame)
            after.seq = frame.seqs[-1]
            last = {row: versions[-1] for row, versions in frame.versions.items()}
            after.versions = {**self.versions, **last}
        elif frame.numbers:
            disordered += frame.is_falling or frame.numbers[0] < self.highest
            after.highest = max(self.highest, frame.numbers[-1])
        fresh = {n for n in frame.numbers if n >= self.low} - self.beyond
        beyond = fresh | self.beyond
        while after.low in beyond:
            beyond.remove(after.low)
            after.low += 1
        after.beyond = frozenset(beyond)
        return Step(after, frame, len(fresh), disordered)

    def _goes_back(self, frame: Frame) -> bool:
        return frame.seqs[0] <= self.seq or any(
            versions[0] <= self.versions.get(row, -1)
            for row, versions in frame.versions.items()
        )

    def _copy(self) -> Heard:
        other = Heard()
        other.cursor, other.seq, other.versions = self.cursor, self.seq, self.versions
        other.low, other.highest, other.beyond = self.low, self.highest, self.beyond
        return other


class Hearing:
    """What one socket has heard, also before its line broke."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.epoch: str | None = None

    @property
    def cursor(self) -> int | None:
        return self.heard.cursor

    def begin(self) -> None:
        """Another phase."""
        self.heard = self.heard.begin()

    def take(self, run: Run, payload: bytes) -> None:
        """All events of a frame at once, each as late as the oldest of them."""
        self.heard, frame, new, disordered = self.heard.take(run, payload)
        run.disordered += disordered
        self.epoch = frame.epoch or self.epoch
        if frame.numbers:
            run.count(frame.began, len(frame.numbers), new)


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
