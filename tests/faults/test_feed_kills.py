"""kill -9 of everything that the feed stands on, under steady writes."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.faults.centre import Centre

SOCKETS = 200
ALL = ["relay", "valkey", "web", "feed", "postgres"]
# Seconds from the start of the writes, and who dies then.
DEATHS = [
    (1.0, ["relay"]),
    (2.0, ["valkey"]),
    (3.0, ["web"]),
    (4.0, ["feed"]),
    (5.5, ["postgres"]),
    (8.0, ALL),
]
WRITES_FOR = 10.0
CAUGHT_UP_WITHIN = 60.0


class Client:
    """Listens, and takes up again where it stopped whenever the line breaks."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.cursor: int | None = None
        self.epoch: str | None = None
        self.seqs: list[int] = []
        self.tokens: list[str] = []
        self.counts: list[int] = []
        self.resets = 0

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
                    hello = {"t": "hi", "e": self.epoch, "c": self.cursor}
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
    """Two by SQL and one by REST; what was acknowledged is remembered."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.acknowledged: set[str] = set()
        self.until = time.monotonic() + WRITES_FOR
        self.threads = [
            threading.Thread(target=work)
            for work in (self.insert, self.count, self.post)
        ]

    def insert(self) -> None:
        self.by_sql("sql", self.centre.insert_message)

    def count(self) -> None:
        self.by_sql("count", self.centre.count_contact)

    def by_sql(self, name: str, write: Any) -> None:
        database: psycopg.Connection[Any] | None = None
        n = 0
        while time.monotonic() < self.until:
            n += 1
            token = f"{name}-{n}"
            try:
                database = database or self.centre.connect()
                write(database, token)
                database.commit()
                self.acknowledged.add(token)
            except psycopg.Error:
                if database is not None:
                    database.close()
                database = None
            time.sleep(0.02)
        if database is not None:
            database.close()

    def post(self) -> None:
        n = 0
        while time.monotonic() < self.until:
            n += 1
            try:
                self.centre.post_message(f"rest-{n}")
                self.acknowledged.add(f"rest-{n}")
            except OSError:
                pass
            time.sleep(0.02)


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: Any) -> Iterator[Centre]:
    data = tmp_path / "data"
    monkeypatch.setenv("HCI_DATA_DIR", str(data))
    built = Centre(data)
    try:
        built.start()
        yield built
    finally:
        built.stop()


@pytest.mark.timeout(240)
def test_nothing_is_lost_doubled_or_out_of_order(centre: Centre) -> None:
    clients = [Client(centre) for _ in range(SOCKETS)]
    writers = asyncio.run(run(centre, clients))
    for client in clients:
        assert client.resets == 0
        assert client.seqs == sorted(set(client.seqs))
        assert len(client.tokens) == len(set(client.tokens))
        assert client.counts == sorted(set(client.counts))
    wanted = {token for token in writers.acknowledged if not token.startswith("count")}
    assert len(wanted) > 100
    for client in clients:
        assert wanted <= set(client.tokens)
        assert client.tokens == clients[0].tokens
        assert client.counts == clients[0].counts
    counted = sum(token.startswith("count") for token in writers.acknowledged)
    assert len(clients[0].counts) >= counted


async def run(centre: Centre, clients: list[Client]) -> Writers:
    listening = [asyncio.create_task(client.listen()) for client in clients]
    deadline = time.monotonic() + CAUGHT_UP_WITHIN
    while any(client.epoch is None for client in clients):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    writers = Writers(centre)
    for thread in writers.threads:
        thread.start()
    began = time.monotonic()
    for moment, victims in DEATHS:
        await asyncio.sleep(began + moment - time.monotonic())
        centre.kill(victims)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(centre.revive, victims)
    while any(thread.is_alive() for thread in writers.threads):
        await asyncio.sleep(0.05)
    await asyncio.to_thread(centre.write, "the-end")
    deadline = time.monotonic() + CAUGHT_UP_WITHIN
    while any(client.tokens[-1:] != ["the-end"] for client in clients):
        assert time.monotonic() < deadline, "not all caught up"
        await asyncio.sleep(0.05)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return writers
