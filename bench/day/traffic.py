"""Simulated customers who write at a steady rate, and the measured delays."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from company import AREAS, Manager
from consoles import TOKEN, Console
from graph import Graph

# A visit: a greeting, the choice of an area, then this many messages to an operator.
MESSAGES = 6
# The share of a customer's messages that an operator answers, and that are pictures.
ANSWERED, PICTURES = 0.9, 0.05
FIRST_PERSON = 5511900000000
# How long a customer reads a menu, and how long an answer, before he writes again.
CHOOSES, READS = (2.0, 4.0), (5.0, 15.0)


@dataclass
class Visit:
    """A customer's visit; `console` is that of the assigned operator."""

    manager: Manager
    person: str
    written: int = 0
    has_chosen: bool = False
    console: Console | None = None


@dataclass
class Figures:
    """Delays in seconds: webhook to socket, call to gateway; and counts."""

    to_socket: list[float] = field(default_factory=list)
    to_gateway: list[float] = field(default_factory=list)
    written: int = 0
    late: list[float] = field(default_factory=list)


class Day:
    """All visits, and the messages in transit."""

    def __init__(self, managers: list[Manager]) -> None:
        self.managers = managers
        self.graph: Graph
        self.figures = Figures()
        self.failures: Counter[str] = Counter()
        self._tokens = itertools.count(1)
        self._people = itertools.count(FIRST_PERSON + int(time.time()) % 10**6 * 1000)
        self._visits: dict[str, Visit] = {}
        self._ready: list[Visit] = []
        self._inward: dict[int, tuple[float, str]] = {}
        self._outward: dict[int, float] = {}
        self._claimed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, rate: float, seconds: float, settles: float = 10.0) -> Figures:
        """Has customers write `rate` messages a second; returns the figures."""
        self.figures = Figures()
        begun = time.monotonic()
        for n in range(int(rate * seconds)):
            at = begun + n / rate
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            self.figures.late.append(time.monotonic() - at)
            self._write()
        # Messages in transit when the time is over count, too.
        await self.settle(settles)
        return self.figures

    async def settle(self, seconds: float) -> None:
        """Waits until no message is in transit, or for the given time."""
        until = time.monotonic() + seconds
        while (self._inward or self._outward) and time.monotonic() < until:
            await asyncio.sleep(0.05)

    @property
    def waiting(self) -> int:
        """Returns the number of messages that have not arrived."""
        return len(self._inward) + len(self._outward)

    def _write(self) -> None:
        """Has a customer with an open visit write, or else a new one."""
        self.figures.written += 1
        if self._ready:
            self._continue(self._ready.pop(random.randrange(len(self._ready))))
            return
        visit = Visit(random.choice(self.managers), str(next(self._people)))
        self._visits[visit.person] = visit
        self._soon(self._text(visit, "Bom dia!"))
        self._later(visit, CHOOSES)

    def _later(self, visit: Visit, pause: tuple[float, float]) -> None:
        """Lets the customer write again after a pause."""
        loop = asyncio.get_running_loop()
        loop.call_later(random.uniform(*pause), self._ready.append, visit)

    def _continue(self, visit: Visit) -> None:
        if not visit.has_chosen:
            visit.has_chosen = True
            choice = str(1 + random.randrange(len(AREAS)))
            self._soon(self._text(visit, choice))
            return
        visit.written += 1
        if random.random() < PICTURES:
            media = f"media{next(self._tokens)}"
            picture = {"id": media, "mime_type": "image/jpeg"}
            work = self.graph.customer_writes(
                visit.manager.phone, visit.person, type="image", image=picture
            )
            self._soon(work)
            self._later(visit, READS)
            return
        token = next(self._tokens)
        self._inward[token] = time.monotonic(), visit.person
        self._soon(
            self._text(visit, f"#{token} O meu pedido ainda não chegou, e agora?")
        )

    async def _text(self, visit: Visit, text: str) -> None:
        await self.graph.customer_writes(
            visit.manager.phone, visit.person, type="text", text={"body": text}
        )

    def shown(self, token: int, now: float) -> None:
        """Records that an operator's socket received the customer's message."""
        sent, person = self._inward.pop(token, (0.0, ""))
        if not person:
            return
        self.figures.to_socket.append(now - sent)
        visit = self._visits[person]
        is_last = visit.written >= MESSAGES
        if visit.console and (is_last or random.random() < ANSWERED):
            visit.console.answer(person, closes=is_last)
        if is_last:
            self._visits.pop(person)
        else:
            self._later(visit, READS)

    def asked(self) -> str:
        """Begins an operator's call; returns the marker in its message."""
        token = next(self._tokens)
        self._outward[token] = time.monotonic()
        return f"#{token}"

    def heard(self, text: str) -> None:
        """Records that the gateway received an operator's message."""
        found = TOKEN.search(text)
        sent = self._outward.pop(int(found[1]), None) if found else None
        if sent is not None:
            self.figures.to_gateway.append(time.monotonic() - sent)

    def given(self, person: str, console: Console) -> None:
        """Records that the customer was assigned to an operator."""
        visit = self._visits.get(person)
        if visit and visit.console is None:
            visit.console = console
            self._later(visit, CHOOSES)

    def is_first(self, person: str) -> bool:
        """Returns whether no operator has tried to claim that customer."""
        if person in self._claimed or person not in self._visits:
            return False
        self._claimed.add(person)
        return True

    def failed(self, what: str) -> None:
        self.failures[what[:120]] += 1

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
