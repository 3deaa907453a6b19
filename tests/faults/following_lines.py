"""Clients that follow conversations and notes while parts of a centre are killed."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise
from typing import Any

import psycopg

from tests.counts import count
from tests.faults.centre import Centre
from tests.faults.feeding import DEAD_FOR, Client, Deaths, end, listen

CLIENTS = count(8, full=20)
# The version of a line is its `queuedAt`; with each, its contact gets another operator.
RAISE = """
UPDATE contacts_contact
   SET queued_at = coalesce(queued_at, '2026-01-01T00:00:00Z') + interval '1 s',
       waiting_since = CASE WHEN waiting_since IS NULL THEN now() END
 WHERE id = %s
"""
NOTE = """
INSERT INTO chats_note (chat_id, actor, text, mentions, created_at)
VALUES (%s, '', %s, '[]', now())
"""
LATEST = """
SELECT to_char(queued_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM contacts_contact WHERE id = %s
"""


class Console(Client):
    also = ("line", "note")

    def __init__(self, centre: Centre) -> None:
        super().__init__(centre)
        self.notes: list[str] = []
        self.lines: list[dict[str, Any]] = []

    def hear(self, frame: dict[str, Any]) -> None:
        super().hear(frame)
        for event in frame["e"] if frame["t"] == "ev" else ():
            if event["k"] == "note":
                self.notes.append(event["row"]["text"])
            elif event["k"] == "line":
                self.lines.append(event)


def write(centre: Centre, seconds: float) -> set[str]:
    """Changes a conversation and writes a note in turn; returns acknowledged notes."""
    acknowledged: set[str] = set()
    database: psycopg.Connection[Any] | None = None
    until, n = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        n += 1
        try:
            database = database or centre.connect()
            database.execute(RAISE, [centre.rows["contact"]])
            database.execute(NOTE, [centre.rows["chat"], f"note-{n}"])
            database.commit()
            acknowledged.add(f"note-{n}")
        except psycopg.Error:
            if database is not None:
                database.close()
            database = None
        time.sleep(0.01)
    if database is not None:
        database.close()
    return acknowledged


async def kill_and_follow(centre: Centre, deaths: Deaths, seconds: float) -> int:
    """Kills while chats change; asserts that all clients got every change once.

    Returns how many changes were acknowledged.
    """
    clients = [Console(centre) for _ in range(CLIENTS)]
    plain = Client(centre)
    listening = await listen([*clients, plain])
    written: list[set[str]] = []
    writer = threading.Thread(target=lambda: written.append(write(centre, seconds)))
    writer.start()
    began = time.monotonic()
    for moment, victims in deaths:
        await asyncio.sleep(began + moment - time.monotonic())
        centre.kill(victims)
        await asyncio.sleep(DEAD_FOR)
        await asyncio.to_thread(centre.revive, victims)
    while writer.is_alive():
        await asyncio.sleep(0.05)
    await end(centre, "lines", [*clients, plain], listening)
    with centre.connect() as database:
        row = database.execute(LATEST, [centre.rows["contact"]]).fetchone()
    for client in clients:
        judge(client, written[0], row[0] if row else None)
    assert len(plain.seqs) < len(clients[0].seqs)
    return len(written[0])


def judge(client: Console, acknowledged: set[str], latest: str | None) -> None:
    assert client.resets == 0
    assert client.seqs == sorted(set(client.seqs))
    assert len(client.notes) == len(set(client.notes))
    assert acknowledged <= set(client.notes)
    for before, after in pairwise(client.lines):
        assert after["was"] == before["is"]
        assert after["row"]["queuedAt"] > before["row"]["queuedAt"]
    assert client.lines[-1]["row"]["queuedAt"] == latest
