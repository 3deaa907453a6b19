"""Opens websockets on any server and fires events in phases."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from client import Peer
from counting import Fire, Heard, Run

Hello = Callable[[int, str | None, int | None], str]


class Load:
    """The sockets on one server."""

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
        self.nothing = Heard()

    async def open(self, count: int, at_once: int = 100) -> float:
        """Opens the sockets; returns the seconds until all have caught up."""
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
                        peer.hearing = before[number].hearing
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
        self.run = Run(wanted=wanted)
        for peer in self.peers:
            peer.hearing.begin()
        return self.run

    async def phase(
        self, fire: Fire, events: int, *, gap: float, one_by_one: bool
    ) -> dict[str, Any]:
        """Fires events, awaiting each or all in a row, and counts them."""
        run = self.begin(events * len(self.peers))
        began = time.monotonic_ns()
        for number in range(events):
            if one_by_one:
                run.wanted = (number + 1) * len(self.peers)
                run.done.clear()
            await run.timed(fire, number)
            if one_by_one and run.got < run.wanted:
                await asyncio.wait_for(run.done.wait(), 60)
            if gap:
                await asyncio.sleep(gap)
        run.wanted = events * len(self.peers)
        if run.got < run.wanted:
            await asyncio.wait_for(run.done.wait(), 60)
        return self.report(run, events, (run.latest - began) / 1e9)

    async def steady(self, fire: Fire, rate: float, seconds: float) -> dict[str, Any]:
        """Fires a fixed number of events per second, without waiting for delivery."""
        events = int(rate * seconds)
        run = self.begin(events * len(self.peers))
        began = time.monotonic()
        fired: set[asyncio.Task[None]] = set()
        for number in range(events):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            fired.add(asyncio.ensure_future(run.timed(fire, number)))
            if len(fired) > 200:
                fired = {task for task in fired if not task.done()}
        took = time.monotonic() - began
        await asyncio.wait_for(run.done.wait(), 120)
        return {"rate": round(events / took), **self.report(run, events, took)}

    async def storm(self, fire: Fire, events: int) -> dict[str, Any]:
        """Drops all sockets at once and writes before, during and after that."""
        run = self.begin(events * len(self.peers))
        third = events // 3
        for number in range(third):
            await run.timed(fire, number)
        await asyncio.sleep(0.3)
        before = {peer.number: peer for peer in self.peers}
        for peer in self.peers:
            peer.transport.abort()
        for number in range(third, 2 * third):
            await run.timed(fire, number)
        began = time.monotonic()
        coming = asyncio.ensure_future(self._connect(list(before), before, 200))
        for number in range(2 * third, events):
            await run.timed(fire, number)
            await asyncio.sleep(0.005)
        self.peers = await coming
        back = time.monotonic() - began
        if run.got < run.wanted:
            await asyncio.wait_for(run.done.wait(), 120)
        caught_up = (run.latest / 1e9) - began
        report = self.report(run, events, caught_up)
        return {"back_s": round(back, 2), "caught_up_s": round(caught_up, 2), **report}

    def report(self, run: Run, events: int, took: float) -> dict[str, Any]:
        return run.report(len(self.peers), events, took)

    def close(self) -> None:
        for peer in self.peers:
            peer.transport.abort()


def say(label: str, **figures: Any) -> None:
    print(json.dumps({"what": label, **figures}), flush=True)
