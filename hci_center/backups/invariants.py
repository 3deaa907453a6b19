"""The invariants of the database that `manage.py verify` checks.

They include the invariants and nightly checks of the reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from chats.rules.clock_checks import wrong_clocks
from hci_center.background import nightly_checks
from hci_center.reports.kept import nightly
from hci_center.reports.kept.delivery_days import differing_days
from hci_center.reports.kept.invariants import INVARIANTS, broken
from hci_center.reports.kept.rebuilding import differences
from hci_center.reports.kept.summing import differing_summaries
from hci_center.reports.kept.volume_hours import differing_hours
from hci_center.reports.pages.checks import WORDS

# The maximum number of findings whose ids are listed.
MOST_NAMED = 5

# By code: the problem, and a query for the rows that have it. `at` is the time of the
# data: a restored database is older than the clock.
_OURS: dict[str, tuple[Any, str]] = {
    "D1": (
        _("An outgoing message waits and nothing will send it"),
        """SELECT m.id FROM chats_message m
             LEFT JOIN chats_delivery d ON d.message_id = m.id
            WHERE m.direction = 'out' AND m.status = 'wait' AND d.message_id IS NULL""",
    ),
    "D2": (
        _("A message is to be sent that came in, or has failed already"),
        """SELECT m.id FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
            WHERE d.done_at IS NULL AND (m.direction <> 'out' OR m.status = 'failed')""",
    ),
    "F1": (
        _("The live feed has a gap"),
        """SELECT g.seq FROM (
             SELECT f.seq, lag(f.seq) OVER (ORDER BY f.seq) AS before
               FROM change_feed f) g
            WHERE g.before <> g.seq - 1""",
    ),
    "F2": (
        _("The live feed ends after its own last number"),
        "SELECT f.seq FROM change_feed f WHERE f.seq > (SELECT seq FROM change_head)",
    ),
}
_LEASES = (
    _("A message has been claimed by a worker that is gone for 3 minutes"),
    """SELECT d.message_id FROM chats_delivery d
        WHERE d.done_at IS NULL AND d.lease_until < %(at)s - interval '3 minutes'""",
)
# Warnings: there may be good reasons for them.
_NOTES = frozenset({"H1", "D3"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A check with the number of rows found; `named` are the ids of some."""

    code: str
    words: str
    count: int
    named: tuple[str, ...] = ()
    # It is only a warning.
    is_note: bool = False

    @property
    def is_broken(self) -> bool:
        return self.count > 0 and not self.is_note


def check_database(at: datetime) -> Iterator[Finding]:
    """Yields the result of each check of the current database.

    A part of the stored report figures is recomputed, a different one each day. R4 is
    in `file_checks`.
    """
    for code, (words, query) in {**_OURS, "D3": _LEASES}.items():
        yield _finding(code, words, _ids(query, at))
    for code, statement in INVARIANTS.items():
        yield _finding(code, WORDS[code], _found(partial(broken, statement)))
    yield _finding("M3", WORDS["M3"], _found(wrong_clocks))
    yield _finding("R1", WORDS["kept"], _differing(at))
    for code, find in nightly_checks.registered():
        yield _finding(code, WORDS.get(code, code), _found(find))


def _finding(code: str, words: Any, found: Sequence[str]) -> Finding:
    named = tuple(found[:MOST_NAMED])
    return Finding(code, str(words), len(found), named, code in _NOTES)


def _ids(query: str, at: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"at": at} if "%(at)s" in query else None)
        return [str(pk) for (pk,) in cursor.fetchall()]


def _found(find: Callable[[], Iterable[nightly_checks.Finding]]) -> list[str]:
    return [f"{one.chat_id or ''} {one.detail}".strip() for one in find()]


def _differing(at: datetime) -> list[str]:
    """Returns chats, hours and days whose stored figures differ from computed ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_id FROM report_dirty")
        # They will be recomputed anyway.
        waiting = {chat_id for (chat_id,) in cursor.fetchall()}
    part = at.toordinal() % nightly.PARTS
    chats: set[int] = set()
    for ids in nightly.chats_to_check(at, part):
        chats |= {one.chat_id for one in differences(ids)} - waiting
    hours = [
        begins.isoformat()
        for begins, ends in nightly.spans_to_check(at, part)
        if differing_hours((begins, ends))
    ]
    days = [
        str(days[0][1])
        for days in nightly.days_to_check(at, part)
        if differing_days(days)
    ]
    summaries = [
        f"{spans[0][1]}/{length}"
        for length, spans in nightly.summaries_to_check(at, part)
        if differing_summaries(spans, length)
    ]
    return [*map(str, sorted(chats)), *hours, *days, *summaries]
