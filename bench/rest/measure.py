"""Measures one call of one server: validates the response, then times it with wrk.

CPU is that of whole process trees (server, relay, PostgreSQL), including ended
children. The core's speed is sampled during each cell by a fixed loop, and every figure
is divided by it: on a shared machine a core's speed varies by half.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rows

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
CELLS = {
    "manager": ("POST", "/api/user/"),
    "manager_full": ("POST", "/api/user/"),
    "contacts200": ("POST", "/api/user/contact/operator"),
    "messages50": ("POST", "/api/chat/message"),
    "messages10k": ("POST", "/api/chat/message"),
    "send": ("POST", "/api/chat/message/send"),
    "sa": ("PUT", "/api/user/contact/sa/increase"),
    "claim": ("PUT", "/api/user/contact/operator/my"),
}
WRITES = ("send", "sa", "claim")
# Measured by bench/rules only: the peers have no such call.
OF_RULES = {"answer": ("POST", f"/api/chat/message/send/operator/{rows.PORT}")}


@dataclass
class Server:
    """A measured server. `pids` are the roots of its process trees, by name."""

    label: str
    port: int
    pids: dict[str, int]
    authorization: str = ""
    # Whether it gets only one connection, because it cannot serve many.
    may_be_slow: bool = False

    def figures(
        self, cell: str, size: str, connections: int, seconds: int
    ) -> dict[str, Any]:
        """The raw figures of one cell; CPU and times are to be divided by `cal`."""
        length = judge(self, cell, size)
        asked = bodies(cell, size)
        # Other contacts than the measured ones: each can be claimed only once.
        warming = asked[: len(asked) // 5] or asked
        asked = asked[len(asked) // 5 :]
        gently = 1 if self.may_be_slow else connections
        warm = load(self, cell, warming, gently, 1)["per_second"]
        settle(self.pids)
        if self.may_be_slow and warm < connections:
            connections, seconds = 1, max(seconds, 10)
        elif warm:
            # Requests in progress at the end are not counted, so they must be few.
            seconds = max(seconds, min(30, int(10 * connections / warm)))
        if cell == "claim":
            seconds = max(1, min(seconds, int(len(asked) / 1.3 / max(warm, 1))))
        found = spent(self.pids, lambda: load(self, cell, asked, connections, seconds))
        settle(self.pids)
        return found | {
            "label": self.label,
            "size": size,
            "cell": cell,
            "connections": connections,
            "bytes": length,
            "rss": rss_mb(self.pids["server"]),
        }


def bodies(cell: str, size: str) -> list[dict[str, Any]]:
    known = rows.params(size)
    words = random.Random(11)
    if cell == "manager":
        return [{"number": known["empty_number"]}]
    if cell == "manager_full":
        return [{"number": number} for number in known["numbers"]]
    if cell == "contacts200":
        return [
            {"number": number, "operatorId": operator, "area": known["area"]}
            for number, operator in zip(
                known["numbers"], known["operators"], strict=True
            )
        ]
    if cell in ("messages50", "messages10k"):
        asked = known["fifty"] if cell == "messages50" else [known["big"]]
        return [{"operatorId": op, "contactId": contact} for contact, op in asked]
    if cell == "send":
        return [
            {
                "contactNumber": contact,
                "managerNumber": number,
                "from": contact,
                "type": "text",
                "content": " ".join(words.choice(rows.WORDS) for _ in range(12)),
            }
            for contact, number in known["send"]
        ]
    if cell == "answer":
        return [
            {"operatorId": operator, "contactNumber": contact, "content2": "Bom dia"}
            for contact, operator in known["answer"]
        ]
    if cell == "sa":
        return [{"facebookId": page, "contactId": c} for c, page in known["sa"]]
    return [
        {"number": number, "operatorId": operator, "contactId": contact}
        for contact, number, operator in known["claim"]
    ]


def ask(server: Server, cell: str, body: dict[str, Any]) -> tuple[Any, int]:
    """Makes one call; returns the response's data and its size in bytes."""
    method, path = (CELLS | OF_RULES)[cell]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Content-Type": "application/json"}
    if server.authorization:
        headers["Authorization"] = server.authorization
    connection.request(method, path, json.dumps(body), headers)
    response = connection.getresponse()
    raw = response.read()
    assert response.status == 200, f"{cell}: {response.status} {raw[:300]!r}"
    return json.loads(raw)["data"], len(raw)


def judge(server: Server, cell: str, size: str) -> int:
    """Raises if the response is wrong; returns its size in bytes."""
    known = rows.params(size)
    body = bodies(cell, size)[0]
    data, length = ask(server, cell, body)
    if cell in ("manager", "manager_full"):
        wanted = 0 if cell == "manager" else known["contacts"]
        assert len(data["contacts"]) == wanted, len(data["contacts"])
        assert data["number"] == body["number"]
    elif cell == "contacts200":
        found = data["contacts"]
        assert len(found) == known["matching"], len(found)
        mine = body["operatorId"], body["area"]
        assert all(c["operatorId"] == mine[0] or c["area"] == mine[1] for c in found)
    elif cell in ("messages50", "messages10k"):
        assert len(data) == (50 if cell == "messages50" else 10_000), len(data)
    elif cell == "send":
        assert data["content"] == body["content"]
        assert data["status"] == "wait"
        assert data["from"] == body["from"]
    elif cell == "answer":
        assert data["status"] == "wait"
    elif cell == "sa":
        again, _ = ask(server, cell, body)
        assert again == data + 1, (data, again)
    else:
        assert data == "Contact Send to the operator"
    return length


def tree(root: int) -> list[int]:
    """Returns the process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(stat[1]), []).append(int(entry))
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        left += children.get(pid, [])
    return found


def cpu_ms(root: int) -> float:
    total = 0
    for pid in tree(root):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(map(int, stat[11:15]))
    return total * 1000 / TICKS


def settle(pids: dict[str, int]) -> None:
    """Waits until the server has finished the requests that wrk abandoned."""
    until = time.monotonic() + 60
    before, now = -1.0, cpu_ms(pids["server"])
    while now > before + 1000 / TICKS and time.monotonic() < until:
        time.sleep(0.2)
        before, now = now, cpu_ms(pids["server"])


def rss_mb(root: int) -> int:
    total = 0
    for pid in tree(root):
        try:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    total += int(line.split()[1])
        except OSError:
            continue
    return total // 1024


def core_speed() -> float:
    """Returns the CPU ms of a fixed loop, which show how slow the core is now."""
    start = time.thread_time()
    sum(x * x for x in range(20_000))
    return (time.thread_time() - start) * 1000


def load(
    server: Server,
    cell: str,
    asked: list[dict[str, Any]],
    connections: int,
    seconds: int,
) -> dict[str, Any]:
    """Sends the bodies in turn for the given time."""
    method, path = (CELLS | OF_RULES)[cell]
    with tempfile.NamedTemporaryFile("w", suffix=".bodies") as file:
        for body in asked:
            file.write(json.dumps(body) + "\n")
        file.flush()
        environment = os.environ | {
            "BENCH_BODIES": file.name,
            "BENCH_METHOD": method,
            "BENCH_PATH": path,
            "BENCH_AUTHORIZATION": server.authorization,
        }
        command = f"wrk -t1 -c{connections} -d{seconds}s --timeout 30s -s".split()
        process = subprocess.Popen(
            [*command, str(HERE / "wrk.lua"), f"http://127.0.0.1:{server.port}"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        output, speed = watched(process)
    found = json.loads(output.rsplit("@@", 1)[1])
    return {
        "requests": found["n"],
        "per_second": round(found["n"] / (found["us"] / 1e6), 1),
        "p50": found["p50"] / 1000,
        "p99": found["p99"] / 1000,
        "bad": found["bad"],
        "cal": speed,
    }


def watched(process: subprocess.Popen[str]) -> tuple[str, float]:
    """Returns its output and the core's speed while it ran."""
    speeds = []
    while process.poll() is None:
        speeds.append(core_speed())
        time.sleep(0.05)
    return process.communicate()[0], round(sum(speeds) / len(speeds), 4)


def spent(pids: dict[str, int], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the result and the CPU ms per request of each process tree."""
    before = {name: cpu_ms(pid) for name, pid in pids.items()}
    found = work()
    # PostgreSQL must first have reaped ended backends.
    time.sleep(0.3)
    n = max(found["requests"], 1)
    cpu = {
        name: round((cpu_ms(pid) - before[name]) / n, 4) for name, pid in pids.items()
    }
    return found | {"cpu": cpu}
