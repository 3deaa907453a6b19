"""Deletes texts, files and persons after their retention period, every night.

Nothing is deleted by default, and a change first runs 7 days after it was saved: until
then it can be reviewed and stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chats.conversations.audit import Actor
from contacts.models import Contact
from hci_center.audit.recording import record
from hci_center.background import faults
from hci_center.privacy import erasing_rows as rows
from hci_center.privacy.erasing import BATCH, Progress, erase_contact, purge_files
from hci_center.privacy.marks import aliases_of
from hci_center.privacy.models import Retention

# The hours between which it runs, in the installation's time zone.
FROM, UNTIL = 2, 6
FIRST_AFTER = timedelta(days=7)
ACTOR = Actor("command:retention")

# A legal hold on the contact, or on one of its chats, keeps everything of the contact.
_NOT_HELD = """NOT EXISTS (SELECT FROM privacy_hold x
                   WHERE x.contact_id = h.contact_id AND x.lifted_at IS NULL)"""
_WORDS = f"""
 FROM chats_message m JOIN chats_chat h ON h.id = m.chat_id
WHERE h.manager_id = %(manager)s AND h.closed_at < %(before)s
  AND m.content <> '{rows.TEXT}' AND {_NOT_HELD}
"""
_FILES = f"""
 FROM chats_attachment a JOIN chats_message m ON m.id = a.message_id
 JOIN chats_chat h ON h.id = m.chat_id
WHERE h.manager_id = %(manager)s AND h.closed_at IS NOT NULL
  AND coalesce(m.stored_at, m.created_at) < %(before)s AND {_NOT_HELD}
"""
_PERSONS = f"""
 FROM contacts_contact c
WHERE c.manager_id = %(manager)s AND c.external_id NOT LIKE 'apagado-%%'
  AND coalesce(c.last_message_at, c.created_at) < %(before)s
  AND NOT EXISTS (SELECT FROM chats_chat h
                   WHERE h.contact_id = c.id AND h.closed_at IS NULL)
  AND {_NOT_HELD.replace("h.contact_id", "c.id")}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of rows that a run deletes, or would delete."""

    words: int = 0
    files: int = 0
    persons: int = 0


def count_expired(retention: Retention, now: datetime) -> Taken:
    """Counts what a run at that time would delete, without changing anything."""
    return Taken(
        _count(_WORDS, retention, retention.words_months, now),
        _count(_FILES, retention, retention.files_months, now),
        _count(_PERSONS, retention, retention.person_months, now),
    )


def run_if_due(now: datetime | None = None) -> int:
    """Runs once a night for each manager with retention periods; returns how many."""
    now = now or timezone.now()
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    if not FROM <= local.hour < UNTIL:
        return 0
    done = 0
    due = Retention.objects.filter(runs_from__lte=now)
    for retention in due.exclude(last_day=local.date()).select_related("manager"):
        # Only one worker runs it.
        mine = due.filter(pk=retention.pk).exclude(last_day=local.date())
        if mine.update(last_day=local.date()):
            with faults.isolate("worker", "retention", str(retention.manager_id)):
                run(retention, now)
                done += 1
    return done


def run(retention: Retention, now: datetime) -> Taken:
    """Deletes expired data, persons first, in short transactions; writes the audit."""
    persons = _erase_persons(retention, now)
    words = sum(_erase_words(retention, now))
    files = sum(_delete_files(retention, now))
    taken = Taken(words, files, persons)
    with transaction.atomic():
        record(
            "retain",
            "manager",
            retention.manager_id,
            manager_id=retention.manager_id,
            after={"words": words, "files": files, "persons": persons},
            credential=ACTOR.credential,
        )
    return taken


def _erase_persons(retention: Retention, now: datetime) -> int:
    erased, after = 0, 0
    persons, months = f"{_PERSONS} AND c.id > %(after)s", retention.person_months
    while ids := _ids("c.id", persons, retention, months, now, after):
        # A failed one is retried the next night.
        after = ids[-1]
        for contact in Contact.objects.filter(pk__in=ids):
            with faults.isolate("worker", "retention", f"contact {contact.pk}"):
                aliases = aliases_of(contact)
                erase_contact(contact, aliases, actor=ACTOR, progress=Progress())
                erased += 1
    return erased


def _erase_words(retention: Retention, now: datetime) -> Iterator[int]:
    while ids := _ids("m.id", _WORDS, retention, retention.words_months, now):
        purge_files(rows.files_of(ids))
        with transaction.atomic():
            rows.disable_capture()
            rows.erase_messages(ids, [])
        yield len(ids)


def _delete_files(retention: Retention, now: datetime) -> Iterator[int]:
    while ids := _ids("m.id", _FILES, retention, retention.files_months, now):
        purge_files(rows.files_of(ids))
        with transaction.atomic():
            rows.disable_capture()
            rows.delete_files(ids)
        yield len(ids)


def _ids(
    column: str,
    what: str,
    retention: Retention,
    months: int | None,
    now: datetime,
    after: int = 0,
) -> list[int]:
    if months is None:
        return []
    statement = f"SELECT {column} {what} ORDER BY 1 LIMIT {BATCH}"
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(retention, months, now) | {"after": after})
        return [row[0] for row in cursor.fetchall()]


def _count(what: str, retention: Retention, months: int | None, now: datetime) -> int:
    if months is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {what}", _values(retention, months, now))
        return int(cursor.fetchone()[0])


def _values(retention: Retention, months: int, now: datetime) -> dict[str, Any]:
    return {"manager": retention.manager_id, "before": months_before(now, months)}


def months_before(now: datetime, months: int) -> datetime:
    """Returns the time that many months earlier, on the 28th at the latest."""
    years, month = divmod(now.month - 1 - months, 12)
    return now.replace(year=now.year + years, month=month + 1, day=min(now.day, 28))
