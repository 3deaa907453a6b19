"""Clients and writers that stay active while parts of a centre are killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.counts import count
from tests.faults.centre import Centre

SOCKETS = count(20, full=200)
CAUGHT_UP_WITHIN = 60.0
DEAD_FOR = 0.3
# Seconds from the start of the writes, and the process killed then.
Deaths = Iterable[tuple[float, list[str]]]


class Client:
    """Reads the feed, and resumes at its cursor whenever the connection breaks."""

    # The additional kinds that it requests.
    also: tuple[str, ...] = ()

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.cursor: int | None = None
        self.epoch: str | None = None
        self.seqs: list[int] = []
        self.tokens: list[str] = []
        self.counts: list[int] = []
        self.resets = 0
        self.opened: ClientConnection | None = None

    async def listen(self) -> None:
        while True:
            try:
                async with connect(
                    self.centre.feed_url,
                    additional_headers=self.centre.session_headers,
                    compression=None,
                    max_size=None,
                    open_timeout=20,
                ) as opened:
                    self.opened = opened
                    hello = {"t": "hi", "e": self.epoch, "c": self.cursor}
                    hello |= {"also": self.also} if self.also else {}
                    await opened.send(json.dumps(hello))
                    async for text in opened:
                        self.hear(json.loads(text))
            except (OSError, WebSocketException, TimeoutError):
                await asyncio.sleep(0.1)

    def hear(self, frame: dict[str, Any]) -> None:
        if frame["t"] == "now":
            return
        self.cursor = frame["s"]
        if frame["t"] == "reset":
            self.resets += 1
        if frame["t"] != "ev":
            self.epoch = frame["e"]
            return
        for event in frame["e"]:
            self.seqs.append(event["s"])
            if event["k"] == "message":
                self.tokens.append(event["row"]["content"])
            elif event["id"] == self.centre.rows["counted_id"]:
                self.counts.append(event["row"]["sa"])


class Writers:
    """Writes by SQL twice and by REST once; remembers what was acknowledged."""

    def __init__(self, centre: Centre, name: str, seconds: float) -> None:
        self.centre, self.name = centre, name
        self.acknowledged: set[str] = set()
        self.counted = 0
        self.until = time.monotonic() + seconds
        self.threads = [
            threading.Thread(target=work)
            for work in (self.insert, self.count, self.post)
        ]

    def insert(self) -> None:
        self.acknowledged.update(self.by_sql("sql", self.centre.insert_message))

    def count(self) -> None:
        self.counted = len(list(self.by_sql("count", self.centre.count_contact)))

    def by_sql(self, kind: str, write: Any) -> Iterator[str]:
        """Returns the tokens that were committed."""
        database: psycopg.Connection[Any] | None = None
        for token in self.tokens(kind):
            try:
                database = database or self.centre.connect()
                write(database, token)
                database.commit()
            except psycopg.Error:
                if database is not None:
                    database.close()
                database = None
            else:
                yield token
        if database is not None:
            database.close()

    def post(self) -> None:
        for token in self.tokens("rest"):
            with contextlib.suppress(OSError):
                self.centre.post_message(token)
                self.acknowledged.add(token)

    def tokens(self, kind: str) -> Iterator[str]:
        n = 0
        while time.monotonic() < self.until:
            n += 1
            yield f"{self.name}-{kind}-{n}"
            time.sleep(0.02)


@dataclass
class Verdict:
    """The result of a run, over all sockets."""

    written: int
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    resets: int = 0


def judge(clients: list[Client], acknowledged: set[str], counted: int = 0) -> Verdict:
    """Compares what the sockets received with what was acknowledged.

    Lost: acknowledged, or received by any other socket, and not received. Disordered: a
    sequence number or a row version that does not increase.
    """
    verdict = Verdict(len(acknowledged) + counted)
    tokens = acknowledged.union(*(client.tokens for client in clients))
    counts = {count for client in clients for count in client.counts}
    verdict.lost += max(0, counted - len(counts)) * len(clients)
    for client in clients:
        verdict.lost += len(tokens - set(client.tokens))
        verdict.lost += len(counts - set(client.counts))
        verdict.resets += client.resets
        for heard in (client.tokens, client.counts, client.seqs):
            verdict.doubled += len(heard) - len(set(heard))
        for rising in (client.counts, client.seqs):
            verdict.disordered += sum(b < a for a, b in pairwise(rising))
        verdict.disordered += client.tokens != clients[0].tokens
    return verdict


async def kill_and_judge(
    centre: Centre, name: str, deaths: Deaths, seconds: float
) -> Verdict:
    """Kills while all write, and judges when all sockets have caught up."""
    clients = [Client(centre) for _ in range(SOCKETS)]
    listening = await listen(clients)
    writers = Writers(centre, name, seconds)
    for thread in writers.threads:
        thread.start()
    began = time.monotonic()
    for moment, victims in deaths:
        await asyncio.sleep(began + moment - time.monotonic())
        centre.kill(victims)
        await asyncio.sleep(DEAD_FOR)
        await asyncio.to_thread(centre.revive, victims)
    while any(thread.is_alive() for thread in writers.threads):
        await asyncio.sleep(0.05)
    await end(centre, name, clients, listening)
    return judge(clients, writers.acknowledged, writers.counted)


async def drop_and_judge(
    centre: Centre, name: str, sockets: int, events: int
) -> Verdict:
    """Drops all sockets at once, writes before, during and after, and judges."""
    clients = [Client(centre) for _ in range(sockets)]
    listening = await listen(clients)
    tokens = [f"{name}-{n}" for n in range(events)]
    with centre.connect() as database:
        for n, token in enumerate(tokens):
            if n == events // 3:
                for client in clients:
                    if client.opened is not None:
                        client.opened.transport.abort()
            centre.insert_message(database, token)
            database.commit()
            # They reconnect from the second third on.
            if not events // 3 <= n < 2 * events // 3:
                await asyncio.sleep(0.005)
    await end(centre, name, clients, listening)
    return judge(clients, set(tokens))


async def listen(clients: list[Client]) -> list[asyncio.Task[None]]:
    """Returns when all sockets are listening."""
    listening = [asyncio.create_task(client.listen()) for client in clients]
    await until(lambda: all(client.epoch is not None for client in clients))
    return listening


async def end(
    centre: Centre,
    name: str,
    clients: list[Client],
    listening: list[asyncio.Task[None]],
) -> None:
    """Returns when all have received a last message, and closes them."""
    await asyncio.to_thread(centre.write, f"{name}-end")
    await until(lambda: all(c.tokens[-1:] == [f"{name}-end"] for c in clients))
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


async def until(is_so: Any) -> None:
    deadline = time.monotonic() + CAUGHT_UP_WITHIN
    while not is_so():
        assert time.monotonic() < deadline, "not all caught up"
        await asyncio.sleep(0.05)
