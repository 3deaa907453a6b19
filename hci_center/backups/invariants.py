"""What must hold in the database, whoever wrote it: checked by `manage.py verify`.

The nightly checks of the reports are part of it (hci_center.reports.nightly).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from hci_center.privacy.restoring import find_marked
from hci_center.reports import nightly
from hci_center.reports.pages.checks import WORDS
from hci_center.reports.rebuilding import differences

# Of what the reports have kept, the recent days and so many parts of the rest.
PARTS = nightly.PARTS
# Findings that are named.
MOST_NAMED = 5

# By their codes: what is wrong, and the rows of which that is so. `at` is the moment
# that is looked at: a restored database is older than the clock.
_OURS: dict[str, tuple[Any, str]] = {
    "D1": (
        _("An outgoing message waits and nothing will send it"),
        """SELECT m.id FROM chats_message m
             LEFT JOIN chats_delivery d ON d.message_id = m.id AND d.done_at IS NULL
            WHERE m.direction = 'out' AND m.status = 'wait' AND d.message_id IS NULL""",
    ),
    "D2": (
        _("A message is to be sent that has no outcome to wait for"),
        """SELECT m.id FROM chats_delivery d JOIN chats_message m ON m.id = d.message_id
            WHERE d.done_at IS NULL AND (m.direction <> 'out' OR m.status = 'failed')""",
    ),
    "D3": (
        _("A message was delivered or read before it was sent"),
        """SELECT d.message_id FROM chats_delivery d
            WHERE d.sent_at > d.delivered_at OR d.delivered_at > d.read_at
               OR d.sent_at > d.read_at""",
    ),
    "D4": (
        _("A message has failed and nothing says when"),
        """SELECT d.message_id FROM chats_delivery d
             JOIN chats_message m ON m.id = d.message_id
            WHERE m.status = 'failed' AND d.done_at IS NULL""",
    ),
    "M2": (
        _("A contact has newer messages than it says"),
        """SELECT h.id FROM chats_chat h JOIN contacts_contact c ON c.id = h.contact_id
            WHERE h.closed_at IS NULL AND c.last_message_at < (
                  SELECT max(m.created_at) FROM chats_message m WHERE m.chat_id = h.id)""",
    ),
    "M3": (
        _("A clock goes on in a closed chat"),
        """SELECT k.chat_id FROM chats_clock k JOIN chats_chat h ON h.id = k.chat_id
            WHERE h.closed_at < %(at)s - interval '1 hour'
              AND k.met_at IS NULL AND k.void_at IS NULL""",
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
    "R3": (
        _("The live feed holds texts for longer than 49 hours"),
        """SELECT f.seq FROM change_feed f
            WHERE f.at < %(at)s - interval '49 hours' AND f.ev IS NOT NULL LIMIT 100""",
    ),
}
# They may be so for good reasons: somebody should look.
_LOOK_AT: dict[str, tuple[Any, str]] = {
    "H1": (
        _("An open chat that nobody who works can take"),
        nightly.INVARIANTS["H1"],
    ),
    "D5": (
        _("A message has been claimed by a worker that is gone for 3 minutes"),
        """SELECT d.message_id FROM chats_delivery d
            WHERE d.done_at IS NULL AND d.lease_until < %(at)s - interval '3 minutes'""",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and how many rows it found; `named` are the ids of some."""

    code: str
    words: str
    count: int
    named: tuple[str, ...] = ()
    # It may be so for good reasons.
    is_note: bool = False

    @property
    def is_broken(self) -> bool:
        return self.count > 0 and not self.is_note


def check_database(at: datetime) -> Iterator[Finding]:
    """Yields the result of each check of the present database.

    Of what the reports have kept, a part is computed again, another each day.
    """
    reports = {
        code: (WORDS[code], query)
        for code, query in nightly.INVARIANTS.items()
        if code in WORDS
    }
    for checks, is_note in (({**_OURS, **reports}, False), (_LOOK_AT, True)):
        for code, (words, query) in checks.items():
            yield _count(code, words, query, at, is_note)
    yield _kept_figures(at)
    marked = find_marked()
    named = tuple(str(contact_id) for contact_id, _certificate in marked[:MOST_NAMED])
    yield Finding("R5", str(_("An erased person is here again")), len(marked), named)


def _count(code: str, words: Any, query: str, at: datetime, is_note: bool) -> Finding:
    counted = f"""SELECT count(*), (array_agg(x.id))[1:{MOST_NAMED}]
                    FROM ({query}) x (id)"""  # noqa: S608 - of constants
    if code in nightly.INVARIANTS:
        counted = counted.replace("x (id)", "x (manager, id)")
    with connection.cursor() as cursor:
        # Some of the reports' queries have a % that is no parameter.
        cursor.execute(counted, {"at": at} if "%(at)s" in query else None)
        count, named = cursor.fetchone()
    return Finding(code, str(words), count, tuple(map(str, named or ())), is_note)


def _kept_figures(at: datetime) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT chat_id FROM report_dirty")
        # They are about to be computed anyway.
        waiting = {chat_id for (chat_id,) in cursor.fetchall()}
    found: set[int] = set()
    for ids in nightly.chats_to_check(at, at.toordinal() % PARTS):
        found |= {one.chat_id for one in differences(ids)} - waiting
    named = tuple(str(chat_id) for chat_id in sorted(found)[:MOST_NAMED])
    return Finding("R1", str(WORDS["kept"]), len(found), named)
