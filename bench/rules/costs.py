"""Compares the CPU of hot calls with the rules of the centre on and off, in one run.

On the rows of bench/rest (S): chats of all ten managers are open, and nobody is in the
menu. With the rules on, every manager has hours, a menu, assignment and targets, and no
operator is connected, so that chats do not change. In the column "the call alone" the
worker is stopped; otherwise its work for the calls, and the database's for it, count.
"""

from __future__ import annotations

import os
import signal
import statistics
from typing import Any

import dataset
import measure
import psycopg
import rows
from calling import key_of
from loading import MENU, POLICY, provision
from measure import Server
from servers import PORT, Product

SIZE = "S"
CALLS = ("send", "answer", "sa", "claim")
# Off, on, and on without the worker.
WAYS = ("off", "off, call alone", "on", "on, call alone")
_SWITCH = "UPDATE managers_manager SET has_automation = %s"
_EMPTY = """
DELETE FROM chats_delivery;
TRUNCATE chats_task, chats_clock, chats_menustate, areas_lastassignment;
"""


def _rules(m: int) -> dict[str, Any]:
    return {
        "name": f"Central {m}",
        "number": rows.number(m),
        "policy": POLICY | {"assign": "fewest"},
        "menu": MENU | {"channels": ["whatsapp", "facebook"]},
    }


def time_calls(product: Product, seconds: int, rounds: int) -> list[dict[str, Any]]:
    connection = product.connection()
    loader = dataset.prepare(product.folder, connection, SIZE)
    provision(product, [_rules(m) for m in range(10)])
    pids = product.pids()
    server = Server("ours", PORT, pids, f"Api-Key {key_of(product)}")
    found = []
    for turn in range(rounds):
        for call in CALLS:
            for way in WAYS[turn % 4 :] + WAYS[: turn % 4]:
                _reset(loader, is_on=way.startswith("on"))
                figures = _measured(server, call, way, seconds)
                found.append(figures | {"part": "costs", "way": way, "round": turn})
    return found


def _reset(loader: str, *, is_on: bool) -> None:
    with psycopg.connect(loader, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute(_EMPTY)
        db.execute(_SWITCH, [is_on])
    dataset.reset(loader, SIZE)


def _measured(server: Server, call: str, way: str, seconds: int) -> dict[str, Any]:
    workers = measure.tree(server.pids["worker"]) if "alone" in way else []
    _signal(workers, signal.SIGSTOP)
    try:
        return server.figures(call, SIZE, 8, seconds)
    finally:
        _signal(workers, signal.SIGCONT)


def _signal(pids: list[int], what: int) -> None:
    for pid in pids:
        os.kill(pid, what)


def cost(row: dict[str, Any]) -> float:
    """Returns the CPU of server, database and worker, in ms a call at nominal speed."""
    spent = row["cpu"]
    return float(sum(spent[p] for p in ("server", "postgres", "worker")) / row["cal"])


def medians(found: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """Returns the CPU and the p50 by call and way."""
    by: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found:
        by.setdefault((row["cell"], row["way"]), []).append(row)
    return {
        place: (
            statistics.median(map(cost, of)),
            statistics.median(row["p50"] / row["cal"] for row in of),
        )
        for place, of in by.items()
    }
