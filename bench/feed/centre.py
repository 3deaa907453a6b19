"""Starts the server under load and the processes that a measurement needs."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from load import Load, say

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# A measurement runs on the first core; the relay of the writers' on the other.
CORE, OTHER = 1, 0

PEOPLE = """
import json
from tests import builders
manager = builders.make_manager(
    number=5511400022222, controller_port=9999, facebook_id="bench"
)
area = builders.make_area(manager, "vendas")
contact = builders.make_contact(manager, area=area)
chat = builders.make_chat(contact)
builders.make_key(manager, name="bench")
from managers.models import ApiKey
counted = [builders.make_contact(manager, area=area, sa=0) for _ in range(20)]
operators = [builders.make_operator(manager, area, name=f"op{n}") for n in range(50)]
print(json.dumps({
    "manager": manager.pk, "contact": contact.pk, "chat": chat.pk,
    "counted": [each.pk for each in counted],
    "key": ApiKey.objects.get(name="bench").pk,
    "users": [operator.user_id for operator in operators],
}))
"""
TEXT = "Bom dia, gostaria de saber o prazo de entrega do meu pedido, por favor. " * 3
INSERT = """
INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction, type,
  content, url, sender, status, error, created_at)
VALUES (gen_random_uuid(), %s, %s, %s, 'in', 'text', %s, '', '', 'wait', '', now())
"""
UPDATE = "UPDATE contacts_contact SET sa = sa + 1, photo = %s WHERE id = %s"
TICKETS = """
INSERT INTO feed_ticket (digest, credential, session, base, expires_at)
SELECT sha256(('bench-' || n)::bytea), (%s::text[])[1 + n %% cardinality(%s::text[])],
       '', 'http://127.0.0.1', now() + interval '1 hour' FROM generate_series(0, %s) n
ON CONFLICT (digest) DO UPDATE SET credential = excluded.credential
"""


class Bench:
    """The server under load, and the connection that writes."""

    def __init__(self, centre: Any, options: argparse.Namespace) -> None:
        self.centre, self.options = centre, options
        # The server under load, whose CPU is printed with its deliveries.
        self.server = 0
        self.rows: dict[str, Any] = {}
        self.next_ticket = 0
        self.writers: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    async def open_writers(self, count: int = 16) -> None:
        for _ in range(count):
            writer = await psycopg.AsyncConnection.connect(
                host=str(self.centre.home.sockets),
                dbname="hci",
                user="hci",
                autocommit=True,
                prepare_threshold=1,
            )
            self.writers.put_nowait(writer)

    async def insert(self, token: str) -> None:
        """Inserts and commits one message, by SQL."""
        rows = self.rows
        values = [rows["manager"], rows["contact"], rows["chat"], token + TEXT]
        await self._execute(INSERT, values)

    async def change(self, token: str) -> None:
        """Commits a message or, every tenth time, another version of a contact."""
        counted = self.rows["counted"]
        number = int(token.split(":")[2])
        if number % 10:
            await self.insert(token)
        else:
            pk = counted[number // 10 % len(counted)]
            await self._execute(UPDATE, [token, pk])

    async def _execute(self, statement: str, values: list[Any]) -> None:
        writer = await self.writers.get()
        try:
            await writer.execute(statement.encode(), values)
        finally:
            self.writers.put_nowait(writer)

    async def issue(self, credentials: list[str], count: int) -> None:
        """Issues the tickets of the sockets, by socket number."""
        await self._execute(TICKETS, [credentials, credentials, count])
        self.next_ticket = 0

    def hello(self, _number: int, epoch: str | None, cursor: int | None) -> str:
        ticket = f"bench-{self.next_ticket}"
        self.next_ticket += 1
        return json.dumps({"t": "hi", "ticket": ticket, "e": epoch, "c": cursor})

    def credentials(self, who: str) -> list[str]:
        if who == "key":
            return [f"key:{self.rows['key']}"]
        return [f"user:{pk}" for pk in self.rows["users"]]

    async def sockets(self, who: str, count: int, port: int) -> Load:
        await self.issue(self.credentials(who), 3 * count + 100)
        load = Load(port, "/api/socket", hello=self.hello)
        took = await load.open(count)
        say("opened", who=who, sockets=count, per_s=round(count / took))
        return load


@contextlib.contextmanager
def serving(bench: Bench, command: list[str]) -> Iterator[int]:
    """Runs a server on a port, on the core of the measurement."""
    from tests.ports import free_port

    port = free_port()
    process = subprocess.Popen(
        [*bench.centre.wrapped, *(part.format(port=port) for part in command)],
        env=bench.centre.environment
        | {
            "HCI_FEED_PORT": str(port),
            "NODE_PATH": str(bench.options.peers),
            "PYTHONPATH": str(ROOT),
            "BENCH_MANAGER": str(bench.rows["manager"]),
        },
        cwd=ROOT,
    )
    bench.server = process.pid
    try:
        wait_until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def poster(port: int) -> Callable[[str], Awaitable[None]]:
    """Returns a function that sends POST /pub with a token over one connection."""
    streams: list[Any] = []

    async def post(token: str) -> None:
        if not streams:
            streams.extend(await asyncio.open_connection("127.0.0.1", port))
        body = (token + TEXT).encode()
        streams[1].write(
            b"POST /pub HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        head = await streams[0].readuntil(b"\r\n\r\n")
        if b"chunked" in head.lower():
            await streams[0].readuntil(b"0\r\n\r\n")
        else:
            await streams[0].readexactly(2)

    return post


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def wait_for(port: int) -> None:
    await asyncio.to_thread(wait_until_open, port)


def resident(pid: int) -> float:
    """Returns the proportional memory (PSS), in KiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return float(line.split()[1])
    return 0.0


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, core: int) -> None:
    subprocess.run(
        ["taskset", "-a", "-cp", str(core), str(pid)], check=False, capture_output=True
    )


def fetch_peers(folder: Path) -> Path:
    (folder / "package.json").write_text((HERE / "peers" / "package.json").read_text())
    subprocess.run(["npm", "install", "--silent"], cwd=folder, check=True)
    return folder / "node_modules"
