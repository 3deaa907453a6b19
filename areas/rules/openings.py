"""Stores the open spans of each version of the hours in absolute time, 60 days ahead.

Reports subtract them in SQL. Stored future spans are compared with newly computed ones,
so that a new `tzdata` replaces them; past spans stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

from django.db import connection, transaction
from django.utils import timezone

from areas.models import Opening, Schedule
from areas.rules.schedules import read_timetable
from hci_center.background import faults
from hci_center.database.faults import is_lost

AHEAD = timedelta(days=60)

# All versions except those replaced over a year ago: chats that started under the
# others may still be open. One process at a time; the others skip it.
_TO_EXTEND = """
SELECT s.id FROM areas_schedule s
 WHERE NOT EXISTS (
       SELECT FROM areas_schedule n
        WHERE n.manager_id = s.manager_id AND n.area_id IS NOT DISTINCT FROM s.area_id
          AND n.id > s.id AND n.valid_from < now() - interval '1 year')
 ORDER BY s.id
"""
# Two workers would insert the same spans.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('hci_center.openings'), %s::int)"

Row = tuple[datetime, datetime, int]


def extend_openings() -> None:
    """Extends the spans of all versions; an error in one is recorded and skipped."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_EXTEND)
        ids = [schedule_id for (schedule_id,) in cursor.fetchall()]
    for schedule_id in ids:
        try:
            extend(schedule_id)
        except Exception as error:
            if is_lost(error):
                raise
            faults.record("worker", "openings", error, f"schedule {schedule_id}")


def extend(schedule_id: int, now: datetime | None = None) -> None:
    """Creates the open spans of a version up to 60 days from now."""
    now = now or timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [schedule_id % 2**31])
        schedule = Schedule.objects.get(pk=schedule_id)
        rows = Opening.objects.filter(schedule=schedule)
        begun = (
            rows.filter(begins__lte=now)
            .order_by("-begins")
            .values_list("begins", "ends", "before_s")
            .first()
        )
        stored = list(
            rows.filter(begins__gt=now)
            .order_by("begins")
            .values_list("begins", "ends", "before_s")
        )
        # If there are future rows, the past is complete; otherwise it may have gaps.
        settled = now if stored else None
        expected = _expected(schedule, begun, settled, now + AHEAD)
        alike = sum(
            1
            for _ in takewhile(
                lambda pair: pair[0] == pair[1], zip(stored, expected, strict=False)
            )
        )
        if alike < len(stored):
            rows.filter(begins__gte=stored[alike][0]).delete()
        Opening.objects.bulk_create(
            Opening(schedule=schedule, begins=begins, ends=ends, before_s=before)
            for begins, ends, before in expected[alike:]
        )


def _expected(
    schedule: Schedule, begun: Row | None, settled: datetime | None, until: datetime
) -> list[Row]:
    """Returns the spans after the last that has started, with the seconds before each.

    Those that start up to `settled` are excluded.
    """
    timetable = read_timetable(schedule.zone, schedule.hours, schedule.holidays)
    if begun is None:
        since, before = schedule.valid_from - timedelta(days=1), 0
    else:
        since = begun[1]
        before = begun[2] + _seconds(begun[0], begun[1])
    rows = []
    for opens, closes in timetable.openings(since, until):
        if begun is not None:
            opens = max(opens, since)
        if settled is not None and opens <= settled:
            continue
        rows.append((opens, closes, before))
        before += _seconds(opens, closes)
    return rows


def _seconds(begins: datetime, ends: datetime) -> int:
    return int((ends - begins).total_seconds())
