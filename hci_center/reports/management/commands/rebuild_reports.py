"""`manage.py rebuild_reports`: rebuilds or verifies the stored rows of reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from hci_center.database.timeouts import use_role
from hci_center.reports.kept.delivery_days import (
    differing_days,
    kept_days,
    rebuild_days,
)
from hci_center.reports.kept.rebuilding import chats_in_batches, differences, make
from hci_center.reports.kept.summaries import (
    forget_summaries,
    keep_summaries,
    kept_spans,
)
from hci_center.reports.kept.summing import DAY, FORTNIGHT, differing_summaries
from hci_center.reports.kept.volume_hours import (
    differing_hours,
    recount_hours,
    settled_spans,
)
from managers.lookup import named_manager
from managers.models import Manager

BATCH = 1000
JOBS = 2


class Command(BaseCommand):
    help = "Makes the kept rows of the reports anew from the ledger and the messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--manager", help="number or page of the only manager")
        parser.add_argument(
            "--from", dest="since", type=date.fromisoformat,
            help="only chats that were not closed before this day (2026-11-20)",
        )  # fmt: skip
        parser.add_argument(
            "--verify", action="store_true",
            help="only compare; exit with 1 if anything differs",
        )  # fmt: skip
        parser.add_argument(
            "--jobs", type=int, default=JOBS, choices=range(1, 17), metavar="N",
            help="how many connections make chats at once (%(default)s)",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        use_role("command")
        began = monotonic()
        manager_id = self._manager(options["manager"])
        chats, differing = 0, 0
        batches = chats_in_batches(manager_id, options["since"], BATCH)
        if options["verify"]:
            for ids in batches:
                chats += len(ids)
                differing += self._compare(ids)
        else:
            chats = _rebuild_in_threads(batches, options["jobs"])
        given = manager_id, options["since"], options["verify"]
        hours, found = self._hours(*given)
        differing += found + self._deliveries(*given) + self._summaries(*given)
        seconds = monotonic() - began
        verb = "compared" if options["verify"] else "made anew"
        counted = f"{chats} chats {verb} and {hours} days of messages"
        self.stdout.write(f"{counted} in {seconds:.1f} s")
        if differing:
            raise CommandError(f"{differing} rows differ")

    def _hours(
        self, manager_id: int | None, since: date | None, verifies: bool
    ) -> tuple[int, int]:
        """Recounts or verifies the settled hours; returns days and differences."""
        begins = None if since is None else datetime.combine(since, time(), tzinfo=UTC)
        days, differing = 0, 0
        for span in settled_spans(begins, timedelta(days=1)):
            days += 1
            if not verifies:
                recount_hours(span, manager_id)
                continue
            for one in differing_hours(span, manager_id):
                differing += 1
                self.stdout.write(f"hour {one.side}: {one.row}")
        return days, differing

    def _deliveries(
        self, manager_id: int | None, since: date | None, verifies: bool
    ) -> int:
        """Rebuilds or verifies the stored days of deliveries; returns differences."""
        differing = 0
        for each in kept_days(manager_id, since):
            if not verifies:
                rebuild_days(each)
                continue
            for one in differing_days(each):
                differing += 1
                self.stdout.write(f"delivery {one.side}: {one.row}")
        return differing

    def _summaries(
        self, manager_id: int | None, since: date | None, verifies: bool
    ) -> int:
        """Rebuilds the summaries, or verifies them; returns differences."""
        if not verifies:
            forget_summaries(manager_id, since)
            keep_summaries()
            return 0
        differing = 0
        for length in (DAY, FORTNIGHT):
            for spans in kept_spans(length, manager_id, since):
                for one in differing_summaries(spans, length):
                    differing += 1
                    self.stdout.write(f"summary {one.side}: {one.row}")
        return differing

    def _manager(self, named: str | None) -> int | None:
        if named is None:
            return None
        try:
            return named_manager(named).pk
        except (Manager.DoesNotExist, Manager.MultipleObjectsReturned) as error:
            raise CommandError(f"There is no such manager: {named}") from error

    def _compare(self, ids: list[int]) -> int:
        found = differences(ids)
        for one in found:
            self.stdout.write(f"chat {one.chat_id} {one.side}: {one.row}")
        return len(found)


def _rebuild_in_threads(batches: Iterable[Sequence[int]], jobs: int) -> int:
    """Rebuilds chats in that many threads, the first batch in this one; counts them.

    Stops at the first error, and raises it.
    """
    chats = 0
    running: deque[Future[None]] = deque()
    with ThreadPoolExecutor(jobs) as threads:
        try:
            for ids in batches:
                if chats == 0:
                    make(ids)
                else:
                    running.append(threads.submit(_make_by_itself, ids))
                if len(running) > 2 * jobs:
                    running.popleft().result()
                chats += len(ids)
            while running:
                running.popleft().result()
        finally:
            for each in running:
                each.cancel()
    return chats


def _make_by_itself(ids: Sequence[int]) -> None:
    try:
        make(ids)
    finally:
        connection.close()
