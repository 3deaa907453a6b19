"""Measures every report page, of one manager and of all, and the wall.

    python -m hci_center.local.test_servers python bench/pages/reports.py --size L

In a temporary database with the rows of bench/reports: ten managers, of whom the first
has half of the chats, over 400 days. Requests each page in this process as an
administrator, for 92 days of the first manager and for 400 days of all, and prints the
median and the slowest in milliseconds with their targets, the least CPU of this process
and its database session, which other work on the machine does not change, and how long
the kept rows took to make. With `--loaded` the rows of an earlier run are measured, in
the database of DATABASE_URL.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import django

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "reports"), str(HERE.parent.parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")

MANAGERS, DAYS, DAYS_OF_ONE = 10, 400, 92
ONE_MS, ALL_MS, NOW_MS = 300, 800, 60
REBUILD_S = 600
# Requests of pages with several views, besides the plain page.
VIEWS = {
    "times": ("metric=tmr1&by=day", "metric=tmr&by=operator", "metric=tma&by=area"),
    "operators": ("clock=business",),
    "hours": ("metric=tme",),
    "rows": ("metric=tme", "metric=closed"),
}


class Figures:
    """Prints each figure beside its target, and remembers whether all were met."""

    def __init__(self, times: int, session: int) -> None:
        self.times = times
        self.session = session
        self.missed: list[str] = []

    def head(self) -> None:
        print("\n| page | median ms | slowest ms | CPU ms | target | KB |", flush=True)
        print("| --- | --- | --- | --- | --- | --- |")

    def page(self, client: Any, address: str, target: int) -> None:
        def get() -> None:
            answer = client.get(address, secure=True)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"
            sizes.append(f"{len(answer.getvalue()) / 1000:.0f}")

        sizes: list[str] = []
        get()
        self.time(address, get, target, self.times)
        print(f" {sizes[-1]} |", flush=True)

    def time(
        self, name: str, call: Callable[[], object], target: int, times: int
    ) -> None:
        took, spent = [], []
        for _ in range(times):
            began, cpu = perf_counter(), self._cpu()
            call()
            took.append((perf_counter() - began) * 1000)
            spent.append(self._cpu() - cpu)
        median = statistics.median(took)
        if median > target:
            self.missed.append(name)
        mark = "" if median <= target else " **missed**"
        print(
            f"| {name} | {median:.0f} | {max(took):.0f} | {min(spent):.0f} |"
            f" {target}{mark} |",
            end="",
        )

    def _cpu(self) -> float:
        """Milliseconds of this process and of its session's."""
        ran = Path(f"/proc/{self.session}/schedstat").read_text().split()[0]
        return process_time() * 1000 + int(ran) / 1e6


def prepare(size: str) -> None:
    """Loads the rows and makes the kept ones."""
    from django.core.management import call_command
    from django.db import connection
    from loading import load

    from hci_center.reports.kept.delivery_days import keep_deliveries
    from hci_center.reports.kept.volume_hours import settle_hours

    call_command("migrate", verbosity=0)
    began = perf_counter()
    load(size, days=DAYS, managers=MANAGERS)
    print(f"loaded in {perf_counter() - began:.0f} s", flush=True)
    settle_hours()
    keep_deliveries()
    began = perf_counter()
    call_command("rebuild_reports")
    took = perf_counter() - began
    met = "met" if took <= REBUILD_S else "missed"
    print(f"\nrebuild_reports: {took:.0f} s, target {REBUILD_S} s: {met}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def signed_in() -> Any:
    """Returns a client with an administrator's session."""
    from django.contrib.auth.models import User
    from django.test import Client

    name = "the-administrator"
    person = User.objects.filter(username=name).first()
    client = Client(raise_request_exception=False, HTTP_HOST="localhost")
    client.force_login(person or User.objects.create_superuser(name))
    return client


def measure(chosen: argparse.Namespace) -> list[str]:
    from hci_center.database.timeouts import use_role

    use_role("command")
    if not chosen.loaded:
        prepare(chosen.size)
    client = signed_in()
    from django.db import connection

    from hci_center.callers import Caller
    from hci_center.reports import live

    with connection.cursor() as cursor:
        # In one process, whose CPU is measured.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        figures = Figures(chosen.times, cursor.fetchone()[0])
    figures.head()

    def now() -> None:
        live.forget()
        live.now(Caller("administrator", "user:1", None))

    now()
    figures.time("POST api/report now", now, NOW_MS, 20)
    print(" |", flush=True)
    time_pages(figures, client, chosen.only)
    return figures.missed


def time_pages(figures: Figures, client: Any, only: str) -> None:
    """Requests all report pages whose name contains that text."""
    from django.urls import reverse

    from hci_center.reports.pages.urls import PAGES
    from managers.models import Manager

    today = datetime.now(UTC).date()
    first = Manager.objects.earliest("pk").pk
    for days, target, chosen_manager in (
        (DAYS_OF_ONE, ONE_MS, f"&manager={first}"),
        (DAYS, ALL_MS, ""),
    ):
        since = today - timedelta(days=days - 1)
        period = f"from={since}&to={today}{chosen_manager}"
        for page in PAGES:
            if only not in page.name:
                continue
            for view in VIEWS.get(page.name, ("",)):
                query = f"{period}&{view}" if view else period
                address = f"{reverse(f'reports:{page.name}')}?{query}"
                figures.page(client, address, target)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=("S", "M", "L"), default="S")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--loaded", action="store_true", help="rows are there already")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    chosen = parser.parse_args()
    django.setup()
    missed = measure(chosen)
    print(f"\nover their target: {len(missed)}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
