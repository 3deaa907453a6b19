"""Measures the reports: live figures, the rebuild of stored rows, each metric.

    python -m hci_center.local.test_servers python bench/reports/run.py --size S

In a temporary database, with the statements that the product runs. Prints the median
and the slowest of some rounds in milliseconds, in one process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import django

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")


def timed(what: str, call: Callable[[], object], rounds: int = 5) -> None:
    call()
    took = []
    for _ in range(rounds):
        began = perf_counter()
        call()
        took.append((perf_counter() - began) * 1000)
    print(f"{what:44} {statistics.median(took):9.1f} {max(took):9.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=("S", "M", "L"), default="S")
    parser.add_argument("--open", type=int, help="how many chats are open")
    parser.add_argument("--days", type=int, default=30, help="of the figures")
    parser.add_argument("--only", help="names of metrics, with commas")
    arguments = parser.parse_args()
    django.setup()
    measure(arguments)


def measure(arguments: argparse.Namespace) -> None:
    from django.core.management import call_command
    from loading import load

    from hci_center.callers import Caller
    from hci_center.database.timeouts import use_role
    from hci_center.reports import live
    from hci_center.reports.kept.volume_hours import settle_hours

    use_role("command")
    call_command("migrate", verbosity=0)
    began = perf_counter()
    manager = load(arguments.size, arguments.open)
    print(f"loaded in {perf_counter() - began:.0f} s", flush=True)
    caller = Caller("administrator", "user:1", None)

    def now() -> None:
        live.forget()
        live.now(caller)

    print(f"{'ms':44} {'median':>9} {'slowest':>9}")
    timed("now (target 60)", now, 20)
    began = perf_counter()
    settle_hours()
    print(f"hours of messages counted in {perf_counter() - began:.1f} s", flush=True)
    call_command("rebuild_reports")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    time_metrics(arguments, manager.pk)


def time_metrics(arguments: argparse.Namespace, manager: int) -> None:
    from hci_center.reports.computing.figures import figures
    from hci_center.reports.computing.questions import Question
    from hci_center.reports.metrics.definitions import METRICS

    until = datetime.now(UTC).date()
    since = until - timedelta(days=arguments.days)
    for name in arguments.only.split(",") if arguments.only else METRICS:
        definition = METRICS[name]
        for by in (
            (),
            ("day", definition.by[-3] if len(definition.by) > 5 else "channel"),
        ):
            question = Question(name, (manager,), since, until, by)
            timed(
                f"{name} by {', '.join(by) or 'nothing'}",
                lambda q=question: figures(q),
                3,
            )


if __name__ == "__main__":
    main()
