"""How long the server takes for every page of the back-office and a console's loads.

    python bench/pages/run.py --size L [--keep DIR] [--times 5] [--slowest 15]

Starts `bin/run` on the rows of bench/rest, signs in an administrator and a supervisor,
and asks for every list, every choice of its filters, its orders, pages and searches,
and a row of it; then, as an operator, for what a client loads when it starts. Prints
the median of each beside 300 ms, the slowest first. Wants nothing but the project.
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
# Of a customer: his name, parts of it, his number whole and its end, his protocol.
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
Figures = list[tuple[float, str]]


class Clock:
    """Asks each thing several times and keeps the median."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.found: Figures = []

    def time(self, name: str, ask: Callable[[], requests.Response]) -> str:
        """The text that it answers, the last time."""
        took = []
        for _ in range(self.times + 1):
            begun = time.perf_counter()
            answer = ask()
            took.append((time.perf_counter() - begun) * 1000)
            assert answer.ok, f"{name}: {answer.status_code}"
        self.found.append((statistics.median(took[1:]), name))
        return answer.text


def walk_back_office(clock: Clock, name: str, label: str) -> None:
    person = sign_in(BASE, name)

    def get(address: str) -> str:
        return clock.time(
            f"{label} {address}", lambda: person.get(BASE + address, timeout=120)
        )

    for address in lists(get("/admin/")):
        html = get(address)
        for view in views(address, html):
            get(view)
        path = address.removeprefix("/admin/").strip("/")
        for term in SEARCHES.get(path, ()):
            get(f"{address}?q={requests.utils.quote(term)}")


def load_console(clock: Clock, size: str) -> None:
    """What a client of an operator asks for before it can show anything."""
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
        clock.time(
            f"operator {method} {path}",
            lambda method=method, path=path, body=body: person.request(
                method, BASE + path, json=body, timeout=60
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


def show(found: Figures, slowest: int) -> bool:
    missed = [pair for pair in found if pair[0] > MOST_MS]
    print(f"\n| page or call, the {slowest} slowest | ms | ≤ {MOST_MS} |")
    print("| --- | --- | --- |")
    for took, name in sorted(found, reverse=True)[:slowest]:
        print(f"| {name} | {took:.0f} | {'met' if took <= MOST_MS else '**missed**'} |")
    calls = sorted(pair for pair in found if " /api/" in pair[1])
    print("\n| a console's load | ms |\n| --- | --- |")
    for took, name in reversed(calls):
        print(f"| {name} | {took:.0f} |")
    print(f"\n{len(found)} pages and calls, {len(missed)} over {MOST_MS} ms")
    return not missed


def measure(chosen: argparse.Namespace, folder: Path) -> bool:
    product = Product(folder, chosen.cores)
    product.start()
    try:
        dataset.prepare(folder, product.connection(), chosen.size)
        product.manage("shell", "-v0", "-c", PEOPLE)
        clock = Clock(chosen.times)
        walk_back_office(clock, "the-administrator", "administrator")
        walk_back_office(clock, "the-supervisor", "supervisor")
        load_console(clock, chosen.size)
    finally:
        product.stop()
    return show(clock.found, chosen.slowest)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="L", choices=rows.SIZES)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--slowest", type=int, default=15)
    parser.add_argument("--cores", default="0")
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hci-bench-") as name:
        met = measure(chosen, (chosen.keep or Path(name)).absolute())
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
