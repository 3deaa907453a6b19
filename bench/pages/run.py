"""Measures every page of the back-office and the first requests of a console.

    python bench/pages/run.py --size L [--keep DIR] [--times 5] [--slowest 15]

Starts `bin/run` on the rows of bench/rest, signs in an administrator and a supervisor,
and requests every list, every choice of its filters, its orders, pages and searches,
and a row of it; then, as an operator, what a client loads when it starts. Prints the
median of each, the slowest first, with the target of 300 ms and its CPU (server and
database, at nominal speed), which does not depend on the load of the machine. Needs
only the project.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "rest"), str(HERE)]

import dataset  # noqa: E402
import rows  # noqa: E402
from measure import core_speed, cpu_ms  # noqa: E402
from servers import PORT, Product  # noqa: E402
from walk import PASSWORD, lists, sign_in, views  # noqa: E402

BASE = f"http://127.0.0.1:{PORT}"
MOST_MS = 300
PEOPLE = f"""
from django.contrib.auth.models import User
from areas.models import Operator
from managers.models import Manager, Supervision
def person(name, **over):
    user, _ = User.objects.update_or_create(username=name, defaults=over)
    user.set_password("{PASSWORD}")
    user.save()
    return user
person("the-administrator", is_staff=True, is_superuser=True)
supervisor = person("the-supervisor", is_staff=True)
Supervision.objects.get_or_create(user=supervisor, manager=Manager.objects.get(pk=1))
person(Operator.objects.get(pk=1).user.username)
"""
# A customer's name, parts of it, the whole number and its end, the protocol.
SEARCHES = {
    "contacts/contact": (
        "Cliente 0-00300",
        "cliente",
        "nobody of that name",
        rows.external_id(0, 300),
        rows.external_id(0, 300)[-6:],
        "BR2654435761",
    ),
    "chats/chat": ("Cliente 0-00300", rows.external_id(0, 300), "BR2654435761"),
    "chats/message": ("Cliente 0-00300", rows.external_id(0, 300), "BR2654435761"),
    "areas/operator": ("op-7",),
    "areas/area": ("Area 7",),
    "managers/manager": ("Central 7",),
}
# Milliseconds, milliseconds of CPU at nominal speed, and the name.
Figures = list[tuple[float, float, str]]
# A console on the same site, which takes plain or compressed responses.
PLAIN = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}


class Clock:
    """Repeats each request; records the median, and the CPU of server and database."""

    def __init__(self, times: int, pids: dict[str, int]) -> None:
        self.times = times
        self.roots = (pids["server"], pids["postgres"])
        self.found: Figures = []
        self.bytes: dict[str, int] = {}

    def _cpu(self) -> float:
        return sum(map(cpu_ms, self.roots))

    def time(self, name: str, ask: Callable[[], requests.Response]) -> str:
        """Times the request; returns the text of the last response."""
        answer = ask()
        took, before = [], self._cpu()
        speeds = [core_speed()]
        for _ in range(self.times):
            begun = time.perf_counter()
            answer = ask()
            took.append((time.perf_counter() - begun) * 1000)
            speeds.append(core_speed())
            assert answer.ok, f"{name}: {answer.status_code}"
        cpu = (self._cpu() - before) / self.times / statistics.mean(speeds)
        self.found.append((statistics.median(took), cpu, name))
        self.bytes[name] = int(answer.headers.get("Content-Length", 0))
        return answer.text


def walk_back_office(clock: Clock, name: str, only: str) -> None:
    person = sign_in(BASE, name)
    label = name.removeprefix("the-")

    def get(address: str) -> str:
        return clock.time(
            f"{label} {address}", lambda: person.get(BASE + address, timeout=120)
        )

    for address in lists(get("/admin/")):
        if only not in address:
            continue
        html = get(address)
        for view in views(address, html):
            get(view)
        path = address.removeprefix("/admin/").strip("/")
        for term in SEARCHES.get(path, ()):
            get(f"{address}?q={requests.utils.quote(term)}")


def load_console(clock: Clock, size: str) -> None:
    """Makes the requests of an operator's client before it can show anything."""
    person = sign_in_console("bench-1")
    known = rows.params(size)
    number, operator = known["numbers"][0], known["operators"][0]
    contact = next(c for c, of in known["fifty"] if of == operator)
    area = {"number": number, "operatorId": operator, "area": known["area"]}
    calls: list[tuple[str, str, dict[str, Any] | None]] = [
        ("GET", "/api/session", None),
        ("GET", "/api/user/?contacts=false", None),
        ("POST", "/api/user/", {"number": number}),
        ("GET", "/api/area/8080", None),
        ("POST", "/api/area/operator/8080", {"idarea": known["area"]}),
        ("POST", "/api/user/contact/get", {"number": number}),
        ("POST", "/api/user/contact/operator", area),
        ("POST", "/api/chat/message", {"operatorId": operator, "contactId": contact}),
        ("POST", "/api/socket", {}),
    ]
    for method, path, body in calls:
        for headers in (PLAIN, GZIP):
            name = f"operator {method} {path}" + (" gzip" if headers is GZIP else "")
            clock.time(
                name,
                lambda method=method, path=path, body=body, headers=headers: (
                    person.request(
                        method, BASE + path, json=body, headers=headers, timeout=60
                    )
                ),
            )


def sign_in_console(name: str) -> requests.Session:
    person = requests.Session()
    person.get(f"{BASE}/api/session", timeout=60)
    token = {"X-CSRFToken": person.cookies.get("csrftoken", "")}
    credentials = {"username": name, "password": PASSWORD}
    answer = person.post(
        f"{BASE}/api/session", json=credentials, headers=token, timeout=60
    )
    assert answer.ok, answer.text
    person.headers["X-CSRFToken"] = person.cookies["csrftoken"]
    return person


def show(clock: Clock, slowest: int) -> bool:
    found = clock.found
    missed = [figures for figures in found if figures[0] > MOST_MS]
    print(f"\n| page or call, the {slowest} slowest | ms | CPU ms | ≤ {MOST_MS} |")
    print("| --- | --- | --- | --- |")
    for took, cpu, name in sorted(found, reverse=True)[:slowest]:
        met = "met" if took <= MOST_MS else "**missed**"
        print(f"| {name} | {took:.0f} | {cpu:.0f} | {met} |")
    show_console(clock)
    print(f"\n{len(found)} pages and calls, {len(missed)} over {MOST_MS} ms")
    return not missed


def show_console(clock: Clock) -> None:
    """Prints a console's calls with plain and with compressed responses."""
    by_name = {name: (took, cpu) for took, cpu, name in clock.found}
    print(
        "\n| a console's load | ms | CPU ms | KB | ms, gzip | CPU ms, gzip | KB, gzip |"
    )
    print("| --- " * 7 + "|")
    for name, (took, cpu) in by_name.items():
        packed = by_name.get(f"{name} gzip")
        if packed is not None:
            sizes = (clock.bytes[name] / 1000, clock.bytes[f"{name} gzip"] / 1000)
            print(
                f"| {name} | {took:.0f} | {cpu:.1f} | {sizes[0]:.1f} "
                f"| {packed[0]:.0f} | {packed[1]:.1f} | {sizes[1]:.1f} |"
            )


def measure(chosen: argparse.Namespace, folder: Path) -> bool:
    product = Product(folder, chosen.cores)
    product.start()
    try:
        dataset.prepare(folder, product.connection(), chosen.size)
        product.manage("shell", "-v0", "-c", PEOPLE)
        clock = Clock(chosen.times, product.pids())
        walk_back_office(clock, "the-administrator", chosen.only)
        walk_back_office(clock, "the-supervisor", chosen.only)
        load_console(clock, chosen.size)
    finally:
        product.stop()
    return show(clock, chosen.slowest)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="L", choices=rows.SIZES)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--slowest", type=int, default=15)
    parser.add_argument("--cores", default="0")
    parser.add_argument("--only", default="", help="lists whose address has this in it")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        met = measure(chosen, (chosen.keep or Path(name)).absolute())
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
