"""Measures what the capture costs writers: pgbench with and without it."""

from __future__ import annotations

import asyncio
import subprocess
import time
from typing import Any

import psycopg
from centre import OTHER, Bench, pin
from load import say

MANY = """
WITH c AS (
  INSERT INTO contacts_contact (manager_id, channel, external_id, name, photo,
    protocol, sa, unread, created_at)
  SELECT %s, 'facebook', 'many-' || n, 'Contact ' || n, '', 'P' || n, 1, 0, now()
    FROM generate_series(1, 20000) n RETURNING id, protocol)
INSERT INTO chats_chat (manager_id, contact_id, protocol, opened_at)
SELECT %s, id, protocol, now() FROM c
"""
FIRST = """
SELECT min(h.id), min(c.id)
  FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
 WHERE c.external_id LIKE 'many-%'
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


async def writers(bench: Bench) -> None:
    """Runs pgbench with the capture off and on, and the relay on the other core."""
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


def switch(database: psycopg.Connection[Any], *, on: bool) -> None:
    verb = "ENABLE" if on else "DISABLE"
    for table in ("chats_message", "contacts_contact", "chats_chat"):
        for event in "iud":
            database.execute(f"ALTER TABLE {table} {verb} TRIGGER change_heard_{event}")
    deadline = time.monotonic() + 60
    while database.execute("SELECT 1 FROM change_pend LIMIT 1").fetchone():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # The relay and its backends run on the other core.
    pids = database.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'hci feed'"
    ).fetchall()
    for (pid,) in pids:
        pin(pid, OTHER)
    time.sleep(1)


def pgbench(bench: Bench, script: str, clients: int) -> float:
    home = bench.centre.home
    with psycopg.connect(host=str(home.sockets), dbname="hci", user="hci") as database:
        first_chat, first_contact = database.execute(FIRST).fetchone() or (0, 0)
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
