"""Times the assignment, or the menu's greeting, after a customer's message.

Customers write at a steady rate, a third each: to a number with a menu, to a page where
new ones get into the area for all, and to a page as customers of an area that assigns.
Both delays are from commit to commit, as PostgreSQL records commits.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from typing import Any

import centre
import psycopg
import rows
from calling import PORT
from lists import percentile
from measure import cpu_ms

THREADS = 24
ASSIGNED_MS, GREETED_MS, PATIENCE = 300, 500, 30.0
# Ids of customers who have never written before.
NEW_PHONES, NEW_ON_PAGE = 551122000000, 770000000000

# The operators of the areas that assign have a socket.
_CONNECT = """
INSERT INTO areas_presence (operator_id, process, online_until)
SELECT id, 'bench', now() + interval '1 hour' FROM areas_operator WHERE manager_id = %s
"""
_KNOWN = """
SELECT c.external_id FROM contacts_contact c JOIN areas_area a ON a.id = c.area_id
 WHERE c.manager_id = %s AND c.channel = 'facebook' AND a.code = ANY(%s) AND c.id > %s
 ORDER BY c.id LIMIT %s
"""
# The ledger is append-only: its rows have the transactions that were committed.
_DELAYS = """
SELECT c.channel, opened.chat_id,
       extract(epoch FROM pg_xact_commit_timestamp(followed.xmin)
                        - pg_xact_commit_timestamp(opened.xmin)) * 1000
  FROM chats_chatevent opened
  JOIN chats_chat h ON h.id = opened.chat_id
  JOIN contacts_contact c ON c.id = h.contact_id
  LEFT JOIN LATERAL (
    SELECT e.xmin FROM chats_chatevent e
     WHERE e.chat_id = opened.chat_id
       AND e.kind = CASE c.channel WHEN 'whatsapp' THEN 'bot_step' ELSE 'assigned' END
     ORDER BY e.id LIMIT 1) followed ON true
 WHERE opened.kind = 'opened'
"""


def bodies(db: psycopg.Connection[Any], size: str, count: int) -> list[dict[str, Any]]:
    """Returns that many first messages, each of another customer."""
    codes = [f"area-{k}" for k in centre.ASSIGNING]
    values = [centre.MANAGER, codes, centre.OPEN[size], count // 3 + 1]
    known = [row[0] for row in db.execute(_KNOWN, values)]
    found = []
    for k in range(count):
        if k % 3 == 0:
            phone = NEW_PHONES + k
            names: dict[str, Any] = {
                "contactNumber": phone,
                "managerNumber": rows.number(0),
                "from": phone,
            }
        else:
            person = str(NEW_ON_PAGE + k) if k % 3 == 1 else known[k // 3]
            names = {"contactId": person, "facebookId": rows.page(0), "from": person}
        found.append(names | {"type": "text", "content": "bom dia, preciso de ajuda"})
    return found


class Load:
    """Sends each body at its time, regardless of slow responses."""

    def __init__(self, key: str, asked: list[dict[str, Any]], rate: float) -> None:
        self.key = key
        self.took: list[float] = []
        self.late: list[float] = []
        self.failed: list[str] = []
        self.waiting: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        begun = time.perf_counter() + 0.5
        for k, body in enumerate(asked):
            self.waiting.put((begun + k / rate, body))

    def run(self) -> None:
        threads = [threading.Thread(target=self._send) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Api-Key {self.key}",
        }
        while True:
            try:
                at, body = self.waiting.get_nowait()
            except queue.Empty:
                return
            time.sleep(max(0.0, at - time.perf_counter()))
            begun = time.perf_counter()
            path = "/api/chat/message/send"
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            raw = response.read()
            ended = time.perf_counter()
            self.took.append((ended - begun) * 1000)
            self.late.append((begun - at) * 1000)
            if response.status != 200:
                self.failed.append(f"{response.status} {raw[:200]!r}")


def time_arrivals(
    dsn: str,
    key: str,
    size: str,
    rate: float,
    seconds: float,
    pids: dict[str, int],
) -> list[dict[str, Any]]:
    """Returns the figures of assignments, greetings and of the calls themselves."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute(_CONNECT, [centre.MANAGER])
        before = {name: cpu_ms(pid) for name, pid in pids.items()}
        count = int(rate * seconds)
        load = Load(key, bodies(db, size, count), rate)
        load.run()
        assert not load.failed, load.failed[:3]
        until = time.monotonic() + PATIENCE
        delays = db.execute(_DELAYS).fetchall()
        while any(row[2] is None for row in delays) and time.monotonic() < until:
            time.sleep(0.5)
            delays = db.execute(_DELAYS).fetchall()
    cpu = {name: (cpu_ms(pid) - before[name]) / count for name, pid in pids.items()}
    return _figures(load, delays, rate, cpu)


def _figures(
    load: Load, delays: list[Any], rate: float, cpu: dict[str, float]
) -> list[dict[str, Any]]:
    chosen = {
        "a call of a customer's message": (load.took, 0, None),
        "commit to assignment": (*_of(delays, "facebook"), ASSIGNED_MS),
        "commit to greeting": (*_of(delays, "whatsapp"), GREETED_MS),
    }
    return [
        {
            "part": "arrivals",
            "what": what,
            "rate": rate,
            "n": len(found),
            "lost": lost,
            "p50": percentile(found, 0.5),
            "p95": percentile(found, 0.95),
            "p99": percentile(found, 0.99),
            "most": max(found),
            "sent_late_p99": percentile(load.late, 0.99),
            "target": target,
            "cpu": cpu,
        }
        for what, (found, lost, target) in chosen.items()
    ]


def _of(delays: list[Any], channel: str) -> tuple[list[float], int]:
    """Returns a channel's delays, and the number of customers without a reaction."""
    found = [row[2] for row in delays if row[0] == channel]
    known = [float(ms) for ms in found if ms is not None]
    return known, len(found) - len(known)
