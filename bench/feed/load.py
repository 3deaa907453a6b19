"""A load of websockets on any server, and what became of each event.

An event carries `b:<run>:<n>:<ns>:` somewhere in its text, written before whatever
makes it happen begins; it is found in every frame, so one client serves ours, the
floor and socket.io. A delay is therefore from before the write to the client.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

TOKEN = re.compile(rb"b:([0-9a-f]+):(\d+):(\d+):")
CURSOR = re.compile(rb'"s":(\d+)')
EPOCH = re.compile(rb'"t":"hb","s":\d+,"e":"([0-9a-f]+)"')

Fire = Callable[[str], Awaitable[None]]
Hello = Callable[[int, str | None, int | None], str]


@dataclass
class Run:
    """What is counted over all sockets of a phase."""

    name: bytes = b""
    # Nanoseconds, and of how many deliveries.
    delays: list[tuple[int, int]] = field(default_factory=list)
    got: int = 0
    doubled: int = 0
    disordered: int = 0
    wanted: int = 0
    latest: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    frames: dict[bytes, Any] = field(default_factory=dict)


class Peer(asyncio.Protocol):
    """One socket; `is_socketio` speaks Engine.IO 4 on top."""

    def __init__(self, load: Load, number: int) -> None:
        self.load, self.number = load, number
        self.received = b""
        self.is_open = self.is_gone = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.seen: set[int] = set()
        self.highest = -1
        self.cursor: int | None = None
        self.epoch: str | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.load.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.load.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.is_gone = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed"))

    def send(self, payload: bytes, opcode: int = 1) -> None:
        size = len(payload)
        head = bytes((0x80 | opcode, 0x80 | size))
        if size >= 126:
            head = bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + payload)

    def ready(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def data_received(self, data: bytes) -> None:
        data = self.received + data if self.received else data
        if not self.is_open:
            head, found, rest = data.partition(b"\r\n\r\n")
            if not found:
                self.received = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.transport.close()
                return
            self.is_open, data = True, rest
            if self.load.hello is not None:
                text = self.load.hello(self.number, self.epoch, self.cursor)
                self.send(text.encode())
            elif not self.load.is_socketio:
                self.ready()
        self.received = self.frames(data)

    def frames(self, data: bytes) -> bytes:
        """Takes the whole frames; what is left of the data."""
        place, end = 0, len(data)
        while end - place >= 2:
            size, start = data[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if end < start + size:
                break
            self.frame(data[place] & 15, data[start : start + size])
            place = start + size
        return data[place:]

    def frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.send(payload, 10)
        elif opcode == 1 and self.load.is_socketio and payload[:1] in (b"0", b"2"):
            self.send(b"40" if payload[:1] == b"0" else b"3")
        elif opcode == 1:
            self.text(payload)

    def text(self, payload: bytes) -> None:
        run = self.load.run
        known = run.frames.get(payload)
        if known is None:
            if len(run.frames) > 5000:
                run.frames.clear()
            cursors = CURSOR.findall(payload) if self.load.hello else []
            epoch = EPOCH.search(payload)
            tokens = [
                (int(n), int(ns))
                for name, n, ns in TOKEN.findall(payload)
                if name == run.name
            ]
            known = run.frames[payload] = (
                [number for number, _ in tokens],
                min((began for _, began in tokens), default=0),
                int(cursors[-1]) if cursors else None,
                epoch[1].decode() if epoch else None,
            )
        numbers, began, cursor, epoch_name = known
        self.cursor = self.cursor if cursor is None else cursor
        self.epoch = epoch_name or self.epoch
        self.ready()
        if numbers:
            self.count(run, numbers, began)

    def count(self, run: Run, numbers: list[int], began: int) -> None:
        """All events of a frame at once, each as late as the oldest of them."""
        before = len(self.seen)
        self.seen.update(numbers)
        new = len(self.seen) - before
        run.doubled += len(numbers) - new
        run.disordered += numbers[0] < self.highest or numbers != sorted(numbers)
        self.highest = max(self.highest, numbers[-1])
        run.latest = time.monotonic_ns()
        run.delays.append((run.latest - began, new))
        run.got += new
        if run.got >= run.wanted:
            run.done.set()


class Load:
    """Sockets on one server."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        is_socketio: bool = False,
        hello: Hello | None = None,
    ) -> None:
        self.port, self.path = port, path
        self.is_socketio, self.hello = is_socketio, hello
        self.peers: list[Peer] = []
        self.run = Run()

    async def open(self, count: int, at_once: int = 100) -> float:
        """Opens the sockets; seconds until all are caught up."""
        began = time.monotonic()
        self.peers = await self._connect(range(count), {}, at_once)
        return time.monotonic() - began

    async def _connect(
        self, numbers: Any, before: dict[int, Peer], at_once: int
    ) -> list[Peer]:
        loop = asyncio.get_running_loop()
        turns = asyncio.Semaphore(at_once)

        async def connect(number: int) -> Peer:
            async with turns:
                while True:
                    peer = Peer(self, number)
                    if number in before:
                        old = before[number]
                        peer.seen, peer.highest = old.seen, old.highest
                        peer.cursor, peer.epoch = old.cursor, old.epoch
                    try:
                        await loop.create_connection(
                            lambda it=peer: it, "127.0.0.1", self.port
                        )
                        await asyncio.wait_for(peer.opened, 60)
                    except (OSError, TimeoutError):
                        await asyncio.sleep(0.05)
                        continue
                    return peer

        return list(await asyncio.gather(*map(connect, numbers)))

    def begin(self, wanted: int) -> Run:
        self.run = Run(os.urandom(4).hex().encode(), wanted=wanted)
        for peer in self.peers:
            peer.seen, peer.highest = set(), -1
        return self.run

    async def phase(
        self, fire: Fire, events: int, *, gap: float, one_by_one: bool
    ) -> dict[str, Any]:
        """Fires events, each waited for or all in a row, and counts."""
        run = self.begin(events * len(self.peers))
        began = time.monotonic_ns()
        for number in range(events):
            if one_by_one:
                run.wanted = (number + 1) * len(self.peers)
                run.done.clear()
            await fire(self.token(number))
            if one_by_one and run.got < run.wanted:
                await asyncio.wait_for(run.done.wait(), 60)
            if gap:
                await asyncio.sleep(gap)
        run.wanted = events * len(self.peers)
        if run.got < run.wanted:
            await asyncio.wait_for(run.done.wait(), 60)
        return self.report(run, events, (run.latest - began) / 1e9)

    async def steady(self, fire: Fire, rate: float, seconds: float) -> dict[str, Any]:
        """So many events a second, whatever comes of them."""
        events = int(rate * seconds)
        run = self.begin(events * len(self.peers))
        began = time.monotonic()
        fired: set[asyncio.Task[None]] = set()
        for number in range(events):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            fired.add(asyncio.ensure_future(fire(self.token(number))))
            if len(fired) > 200:
                fired = {task for task in fired if not task.done()}
        took = time.monotonic() - began
        await asyncio.wait_for(run.done.wait(), 120)
        report = self.report(run, events, took)
        del report["disordered"]  # so many writers at once commit in any order
        return {"rate": round(events / took), **report}

    async def storm(self, fire: Fire, events: int) -> dict[str, Any]:
        """Drops every socket at once and writes before, while and after."""
        run = self.begin(events * len(self.peers))
        third = events // 3
        for number in range(third):
            await fire(self.token(number))
        await asyncio.sleep(0.3)
        before = {peer.number: peer for peer in self.peers}
        for peer in self.peers:
            peer.transport.abort()
        for number in range(third, 2 * third):
            await fire(self.token(number))
        began = time.monotonic()
        coming = asyncio.ensure_future(self._connect(list(before), before, 200))
        for number in range(2 * third, events):
            await fire(self.token(number))
            await asyncio.sleep(0.005)
        self.peers = await coming
        back = time.monotonic() - began
        if run.got < run.wanted:
            await asyncio.wait_for(run.done.wait(), 120)
        caught_up = (run.latest / 1e9) - began
        report = self.report(run, events, caught_up)
        return {"back_s": round(back, 2), "caught_up_s": round(caught_up, 2), **report}

    def token(self, number: int) -> str:
        return f"b:{self.run.name.decode()}:{number}:{time.monotonic_ns()}:"

    def report(self, run: Run, events: int, took: float) -> dict[str, Any]:
        delays = sorted(run.delays)

        def at(part: float) -> float:
            left = part * run.got
            for delay, count in delays:
                left -= count
                if left <= 0:
                    return round(delay / 1e6, 1)
            return round(delays[-1][0] / 1e6, 1)

        return {
            "sockets": len(self.peers),
            "events": events,
            "lost": events * len(self.peers) - run.got,
            "doubled": run.doubled,
            "disordered": run.disordered,
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "max_ms": at(1),
            "deliveries_per_s": round(run.got / took),
        }

    def close(self) -> None:
        for peer in self.peers:
            peer.transport.abort()


def say(label: str, **figures: Any) -> None:
    print(json.dumps({"what": label, **figures}), flush=True)
