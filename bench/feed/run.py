"""The feed's figures, beside socket.io's and the floor's, in one run.

    .venv/bin/python bench/feed/run.py [--only fan_out,live,steady,storm,memory,writers]

Everything of a measurement runs on one core, the client too; compare ratios. It has
a PostgreSQL and a Valkey of its own (with fsync), which are gone when it ends; npm
fetches socket.io into a temporary folder, or --peers names one that holds it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(HERE)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

import psycopg  # noqa: E402
import uvloop  # noqa: E402
from load import Load, say  # noqa: E402

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
operators = [builders.make_operator(manager, area, name=f"op{n}") for n in range(50)]
print(json.dumps({
    "manager": manager.pk, "contact": contact.pk, "chat": chat.pk,
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
TICKETS = """
INSERT INTO feed_ticket (digest, credential, session, base, expires_at)
SELECT sha256(('bench-' || n)::bytea), (%s::text[])[1 + n %% cardinality(%s::text[])],
       '', 'http://127.0.0.1', now() + interval '1 hour' FROM generate_series(0, %s) n
ON CONFLICT (digest) DO UPDATE SET credential = excluded.credential
"""


class Bench:
    """The centre under load, and the connection that writes."""

    def __init__(self, centre: Any, options: argparse.Namespace) -> None:
        self.centre, self.options = centre, options
        # The server under load, whose CPU is told beside what it delivered.
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
        """One committed message, by SQL."""
        writer = await self.writers.get()
        try:
            rows = self.rows
            values = [rows["manager"], rows["contact"], rows["chat"], token + TEXT]
            await writer.execute(INSERT, values)
        finally:
            self.writers.put_nowait(writer)

    async def issue(self, credentials: list[str], count: int) -> None:
        """Tickets that the sockets know by their number."""
        writer = await self.writers.get()
        await writer.execute(TICKETS, [credentials, credentials, count])
        self.writers.put_nowait(writer)
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


# The measurements -------------------------------------------------------------


async def fan_out(bench: Bench) -> None:
    """One event to 1,000 sockets, each POST its own event, told by the process."""
    for label, start, arguments in (
        ("floor", [sys.executable, str(HERE / "peers" / "floor.py"), "{port}"], {}),
        (
            "socket.io",
            ["node", str(HERE / "peers" / "socketio.js"), "{port}"],
            {"is_socketio": True},
        ),
        ("ours", [sys.executable, str(HERE / "fan_out.py")], {}),
    ):
        for who in ("key", "operators") if label == "ours" else ("",):
            with serving(bench, start) as port:
                path = "/socket.io/?EIO=4&transport=websocket"
                if label == "ours":
                    load = await bench.sockets(who, bench.options.sockets, port)
                else:
                    load = Load(port, path if arguments else "/", **arguments)
                    await load.open(bench.options.sockets)
                post = poster(port)
                await load.phase(post, 5, gap=0.02, one_by_one=True)
                for _ in range(bench.options.rounds):
                    alone = await load.phase(post, 30, gap=0.02, one_by_one=True)
                    say("one at a time", server=label, who=who, **alone)
                    spent = cpu_seconds(bench.server)
                    row = await load.phase(post, 30, gap=0, one_by_one=False)
                    spent = cpu_seconds(bench.server) - spent
                    each = round(spent * 1e6 / (30 * len(load.peers)), 2)
                    say("in a row", server=label, who=who, cpu_us_each=each, **row)
                load.close()


async def live(bench: Bench) -> None:
    """From before the INSERT to the client, through everything."""
    for who in ("key", "operators"):
        for count in (100, bench.options.sockets):
            load = await bench.sockets(who, count, bench.centre.feed_port)
            await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
            for _ in range(bench.options.rounds):
                alone = await load.phase(bench.insert, 60, gap=0.03, one_by_one=True)
                say("commit to client", who=who, **alone)
                row = await load.phase(bench.insert, 100, gap=0, one_by_one=False)
                say("burst of commits", who=who, **row)
            load.close()
            await asyncio.sleep(0.5)


async def steady(bench: Bench) -> None:
    """300 commits a second with 1,000 sockets."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("300 commits/s", **await load.steady(bench.insert, 300, bench.options.seconds))
    load.close()


async def storm(bench: Bench) -> None:
    """All sockets dropped at once while 300 events are written."""
    load = await bench.sockets(
        "operators", bench.options.sockets, bench.centre.feed_port
    )
    await load.phase(bench.insert, 10, gap=0.05, one_by_one=True)
    say("storm", **await load.storm(bench.insert, 300))
    load.close()


async def memory(bench: Bench) -> None:
    """What a process needs for many sockets, and that an idle one stays open."""
    for count in (1000, bench.options.many):
        bench.centre.kill(["feed"])
        bench.centre.revive(["feed"])
        await wait_for(bench.centre.feed_port)
        [process] = bench.centre.living["feed"]
        warm = await bench.sockets("key", 50, bench.centre.feed_port)
        before = resident(process.pid)
        load = await bench.sockets("key", count, bench.centre.feed_port)
        await asyncio.sleep(1)
        each = (resident(process.pid) - before) / count
        say("memory", sockets=count, kib_per_socket=round(each, 1))
        await asyncio.sleep(bench.options.idle)
        gone = sum(peer.is_gone for peer in load.peers)
        say("idle", sockets=count, seconds=bench.options.idle, closed=gone)
        say("one event", **await load.phase(bench.insert, 5, gap=0.2, one_by_one=True))
        load.close()
        warm.close()


async def writers(bench: Bench) -> None:
    """pgbench with the capture off and on; the relay on the other core."""
    await asyncio.to_thread(measure_writers, bench)


def measure_writers(bench: Bench) -> None:
    with psycopg.connect(
        host=str(bench.centre.home.sockets), dbname="hci", user="hci", autocommit=True
    ) as database:
        with database.transaction():
            database.execute("SELECT change_bulk_load()")
            database.execute(MANY, [bench.rows["manager"]] * 2)
        database.execute("VACUUM ANALYZE")
        for script in ("insert", "transaction"):
            for clients in (1, 8):
                rates: dict[str, list[float]] = {"bare": [], "heard": []}
                for _ in range(3):
                    for state, rate in rates.items():
                        switch(database, on=state == "heard")
                        rate.append(pgbench(bench, script, clients))
                switch(database, on=True)
                bare, heard = (sorted(rates[state])[1] for state in ("bare", "heard"))
                say(
                    f"writers, {script}",
                    clients=clients,
                    bare=round(bare),
                    heard=round(heard),
                    ratio=round(heard / bare, 2),
                )


MANY = """
WITH c AS (
  INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo,
    protocol, sa, unread, created_at)
  SELECT %s, 'facebook', 'many-' || n, 'Contact ' || n, '', 'P' || n, 1, 0, now()
    FROM generate_series(1, 20000) n RETURNING id, protocol)
INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
SELECT %s, id, protocol, now() FROM c
"""
RANDOM = r"""
\set n random(0, 19999)
\set its_contact :contact + :n
\set its_chat :chat + :n
"""
ONE_INSERT = (
    "INSERT INTO chats_message (uuid, manager_id, contact_id, chat_id, direction,"
    " type, content, url, sender, status, error, created_at) VALUES"
    " (gen_random_uuid(), :manager, :its_contact, :its_chat, 'in', 'text',"
    " 'Bom dia, gostaria de saber o prazo de entrega do meu pedido, por favor.',"
    " '', '', 'wait', '', now());\n"
)
SCRIPTS = {
    "insert": RANDOM + ONE_INSERT,
    "transaction": RANDOM
    + "BEGIN;\n"
    + ONE_INSERT
    + "UPDATE contacts_contact SET unread = unread + 1, last_message_at = now()"
    " WHERE id = :its_contact;\nCOMMIT;\n",
}


def switch(database: psycopg.Connection[Any], *, on: bool) -> None:
    verb = "ENABLE" if on else "DISABLE"
    for table in ("chats_message", "contacts_contact", "chats_chat"):
        for event in "iud":
            database.execute(f"ALTER TABLE {table} {verb} TRIGGER change_heard_{event}")
    deadline = time.monotonic() + 60
    while database.execute("SELECT 1 FROM change_pend LIMIT 1").fetchone():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # The relay and its backends go to the other core.
    pids = database.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'hci feed'"
    ).fetchall()
    for (pid,) in pids:
        pin(pid, OTHER)
    time.sleep(1)


def pgbench(bench: Bench, script: str, clients: int) -> float:
    home = bench.centre.home
    chat = "SELECT min(h.id), min(c.id) FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id WHERE c.external_id LIKE 'many-%'"
    with psycopg.connect(host=str(home.sockets), dbname="hci", user="hci") as database:
        first_chat, first_contact = database.execute(chat).fetchone() or (0, 0)
    file = bench.options.folder / f"{script}.sql"
    file.write_text(SCRIPTS[script])
    command = [
        *bench.centre.wrapped,
        str(bench.centre.postgres.binaries / "pgbench"),
        *("-n", "-M", "prepared", "-c", str(clients), "-j", "1"),
        *("-T", str(bench.options.pgbench), "-f", str(file)),
        *("-D", f"manager={bench.rows['manager']}", "-D", f"chat={first_chat}"),
        *("-D", f"contact={first_contact}"),
        *("-h", str(home.sockets), "-U", "hci", "hci"),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(said.split("tps = ")[1].split()[0])


# Around them ------------------------------------------------------------------

CORE, OTHER = 1, 0
MEASUREMENTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "fan_out": fan_out,
    "live": live,
    "steady": steady,
    "storm": storm,
    "memory": memory,
    "writers": writers,
}


@contextlib.contextmanager
def serving(bench: Bench, command: list[str]) -> Iterator[int]:
    """A server on a port, on the core of the measurement."""
    from tests.feed.processes import free_port

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
    """POST /pub over one connection, told the token and some text."""
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
    import socket

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
    """Proportional memory, in KiB."""
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


async def measure(bench: Bench) -> None:
    bench.rows = await asyncio.to_thread(bench.centre.shell, PEOPLE)
    await bench.open_writers()
    for name in bench.options.only:
        await MEASUREMENTS[name](bench)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(MEASUREMENTS))
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--idle", type=float, default=60)
    parser.add_argument("--pgbench", type=int, default=5)
    parser.add_argument("--peers", type=Path)
    options = parser.parse_args()
    options.only = options.only.split(",")
    return options


def main() -> None:
    options = read_options()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        options.folder = Path(name)
        options.folder.chmod(0o711)
        if options.peers is None and "fan_out" in options.only:
            options.peers = fetch_peers(options.folder)
        os.environ["HCI_DATA_DIR"] = str(options.folder / "data")
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        import django

        django.setup()
        from tests.faults.centre import Centre

        settings = {"max_connections": "60", "shared_buffers": "256MB"}
        wrapped = ["taskset", "-c", str(CORE)]
        centre = Centre(options.folder / "data", settings, wrapped)
        centre.environment["HCI_FEED_SOCKETS_EACH"] = "1000"
        os.sched_setaffinity(0, {CORE})
        try:
            centre.start()
            uvloop.run(measure(Bench(centre, options)))
        finally:
            centre.stop()


if __name__ == "__main__":
    main()
