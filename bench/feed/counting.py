"""Counts the events of a phase over all sockets, with their delays.

Each event contains `b:<run>:<n>:<ns>:` in its text, generated before the write begins,
so a delay includes the write. It is found in frames of any format, so one client is
used for our server, the minimal one and socket.io.
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
# A contact's id, and its version, which each change raises.
VERSION = re.compile(rb'"k":"contact","id":([^,]+),.*?"sa":(-?\d+)')


class Frame(NamedTuple):
    """The content of a text, parsed once for all the sockets that it is sent to."""

    numbers: list[int]
    began: int
    cursor: int | None
    epoch: str | None
    # For our server: the numbers of its events, and each row's versions.
    seqs: list[int]
    versions: dict[bytes, list[int]]
    is_falling: bool


@dataclass
class Run:
    """The counts over all sockets of a phase.

    `disordered` are the frames with an event out of order. For our server: a lower
    number or row version than that of the event before it on that socket, in the same
    or an earlier frame. The others have no numbers, so the order of firing is used,
    which is that of the commits if each is awaited before the next. With many
    simultaneous writers it is not (16 of them commit in any order): comparing ours with
    it, as was done once at 300 commits per second, counted nearly every frame,
    millions, of which none was out of order.
    """

    name: bytes = field(default_factory=lambda: os.urandom(4).hex().encode())
    wanted: int = 0
    # Nanoseconds, and the number of deliveries.
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
        """Fires the event and records how long that took."""
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
            # The share of the write itself: a disk that others use may delay a commit.
            "fire_max_ms": round(max(self.fired) / 1e6, 1),
            "deliveries_per_s": round(self.got / took),
        }


class Step(NamedTuple):
    """How a frame changes the record that some sockets share."""

    heard: Heard
    frame: Frame
    new: int
    disordered: int


class Heard:
    """The events that a socket has received.

    Sockets that received the same share one record and compute its next state once: a
    set for each of a thousand sockets used over 600 MB after 9,000 events, on the core
    of the measured servers.
    """

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
        # For our server: the last event's number and each row's last version.
        self.seq = 0
        self.versions: dict[bytes, int] = {}
        # The received events of the phase: all below `low`, and these.
        self.low, self.highest = 0, -1
        self.beyond: frozenset[int] = frozenset()
        self.steps: dict[bytes, Step] = {}
        self.begun: Heard | None = None

    def begin(self) -> Heard:
        """Returns the record for the next phase, which numbers its events anew."""
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
            # A heartbeat changes nothing, so these sockets keep the same record.
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
    """The events that one socket has received, also before a disconnection."""

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        self.epoch: str | None = None

    @property
    def cursor(self) -> int | None:
        return self.heard.cursor

    def begin(self) -> None:
        """Starts another phase."""
        self.heard = self.heard.begin()

    def take(self, run: Run, payload: bytes) -> None:
        """Records all events of a frame, each with the delay of the oldest."""
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
