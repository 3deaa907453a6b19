"""Deletes texts, files, persons and presence after their retention period, every night.

Nothing is deleted by default, and a change first runs 7 days after it was saved: until
then it can be reviewed and stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from areas.models import PresenceSpan
from chats.conversations.audit import Actor
from contacts.models import Contact
from hci_center.audit.recording import record
from hci_center.background import faults
from hci_center.privacy import erasing_rows as rows
from hci_center.privacy.erasing import BATCH, Progress, erase_contact, purge_files
from hci_center.privacy.holds import HELD_CONTACTS
from hci_center.privacy.marks import aliases_of
from hci_center.privacy.models import Retention

# The hours between which it runs, in the installation's time zone.
FROM, UNTIL = 2, 6
FIRST_AFTER = timedelta(days=7)
ACTOR = Actor("command:retention")

# A legal hold on the contact, or on one of its chats, keeps everything of the contact.
_NOT_HELD = f"h.contact_id <> ALL ({HELD_CONTACTS})"
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
# The latest span of an active operator is kept, because it shows since when he is
# offline.
_PRESENCE = """
 FROM areas_presencespan s JOIN areas_operator o ON o.id = s.operator_id
WHERE o.manager_id = %(manager)s AND s.ended_at < %(before)s
  AND (NOT o.is_active OR EXISTS (
        SELECT FROM areas_presencespan n WHERE n.operator_id = s.operator_id
           AND (n.started_at, n.id) > (s.started_at, s.id)))
"""
# The days of these spans are final in the reports first.
_FINISH_PRESENCE = "SELECT report_finish_presence(%s, %s)"


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of rows that a run deletes, or would delete."""

    words: int = 0
    files: int = 0
    persons: int = 0
    presence: int = 0


def count_expired(retention: Retention, now: datetime) -> Taken:
    """Counts what a run at that time would delete, without changing anything."""
    return Taken(
        _count(_WORDS, retention, retention.words_months, now),
        _count(_FILES, retention, retention.files_months, now),
        _count(_PERSONS, retention, retention.person_months, now),
        _count_presence(retention, now),
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
    presence = sum(_delete_presence(retention, now))
    taken = Taken(words, files, persons, presence)
    with transaction.atomic():
        record(
            "retain",
            "manager",
            retention.manager_id,
            manager_id=retention.manager_id,
            after=asdict(taken),
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


def _delete_presence(retention: Retention, now: datetime) -> Iterator[int]:
    """Deletes spans of presence; the figures of their days remain as they are stored."""
    months = retention.presence_months
    if months is None:
        return
    first = months_before(now, months).date()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FINISH_PRESENCE, [retention.manager_id, first])
        final = cursor.fetchone()[0]
    if final is None:
        return
    values = {"manager": retention.manager_id, "before": _ended(min(final, first))}
    while ids := _selected("s.id", _PRESENCE, values):
        PresenceSpan.objects.filter(pk__in=ids).delete()
        yield len(ids)


def _count_presence(retention: Retention, now: datetime) -> int:
    months = retention.presence_months
    if months is None:
        return 0
    before = _ended(months_before(now, months).date())
    return _counted(_PRESENCE, {"manager": retention.manager_id, "before": before})


def _ended(first: date) -> datetime:
    """Returns a time after which no span is only of days before `first`, in any zone."""
    return datetime.combine(first - timedelta(days=1), time(), UTC)


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
    return _selected(column, what, _values(retention, months, now) | {"after": after})


def _selected(column: str, what: str, values: dict[str, Any]) -> list[int]:
    statement = f"SELECT {column} {what} ORDER BY 1 LIMIT {BATCH}"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


def _count(what: str, retention: Retention, months: int | None, now: datetime) -> int:
    if months is None:
        return 0
    return _counted(what, _values(retention, months, now))


def _counted(what: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {what}", values)
        return int(cursor.fetchone()[0])


def _values(retention: Retention, months: int, now: datetime) -> dict[str, Any]:
    return {"manager": retention.manager_id, "before": months_before(now, months)}


def months_before(now: datetime, months: int) -> datetime:
    """Returns the time that many months earlier, on the 28th at the latest."""
    years, month = divmod(now.month - 1 - months, 12)
    return now.replace(year=now.year + years, month=month + 1, day=min(now.day, 28))
