"""Stores the number of messages and new contacts by hour, and verifies it.

An hour is settled ten minutes after its end, when everything stored in it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

# How much of the past a transaction processes.
AT_ONCE = timedelta(days=31)

COLUMNS = "manager_id, kind, day, hour, channel, count, begins"

# One worker at a time; the others skip it.
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('hci_center.reports.hours'))"
_BEGIN = """
INSERT INTO report_settled (id, until, stamped_from, contact_after)
SELECT 1, least(x.until, date_trunc('hour', m.first_at, 'UTC'),
                date_trunc('hour', c.first_at, 'UTC')), coalesce(m.stamped_from, x.until), 0
  FROM (SELECT date_trunc('hour', clock_timestamp() - interval '10 minutes', 'UTC')
                 AS until) x,
       (SELECT min(least(stored_at, created_at)) AS first_at, min(stored_at)
                 AS stamped_from FROM chats_message) m,
       (SELECT min(created_at) AS first_at FROM contacts_contact) c
ON CONFLICT DO NOTHING
"""
_NEXT = """
SELECT until, least(until + %s,
                    date_trunc('hour', clock_timestamp() - interval '10 minutes', 'UTC'))
  FROM report_settled
"""
_FORGET = """
DELETE FROM report_hour
 WHERE begins >= %(since)s AND begins < %(until)s
   AND (%(managers)s::bigint[] IS NULL OR manager_id = ANY(%(managers)s))
"""
# The computed rows of some managers, or of all.
_COMPUTED = f"""
SELECT {COLUMNS} FROM report_settled s
 CROSS JOIN LATERAL report_volumes(%(managers)s::bigint[], %(since)s, %(until)s,
                                   %(since)s < s.stamped_from, %(contact_after)s) v
"""  # noqa: S608 - of columns
_KEEP = f"INSERT INTO report_hour ({COLUMNS}) {_COMPUTED}"
# Contacts of the previous day and a bit more are read again: rows with a lower id may
# be committed later.
_SETTLED = """
UPDATE report_settled s
   SET until = %(until)s,
       contact_after = greatest(s.contact_after, coalesce((
         SELECT min(c.id) - 1000 FROM contacts_contact c
          WHERE c.id > s.contact_after AND c.created_at >= %(until)s - interval '1 day'),
         (SELECT max(c.id) - 1000 FROM contacts_contact c), 0))
"""
_COMPARED = f"""
WITH computed AS ({_COMPUTED}), kept AS (
  SELECT {COLUMNS} FROM report_hour
   WHERE begins >= %(since)s AND begins < %(until)s
     AND (%(managers)s::bigint[] IS NULL OR manager_id = ANY(%(managers)s))
)
SELECT manager_id, 'computed' AS side, to_jsonb(x)::text
  FROM (SELECT * FROM computed EXCEPT ALL SELECT * FROM kept) x
 UNION ALL
SELECT manager_id, 'kept', to_jsonb(x)::text
  FROM (SELECT * FROM kept EXCEPT ALL SELECT * FROM computed) x
 ORDER BY 1, 3, 2
"""  # noqa: S608 - of columns
# The first hour with data, stored or to be stored.
_KEPT = """
SELECT least((SELECT min(begins) FROM report_hour),
             (SELECT min(least(stored_at, created_at)) FROM chats_message),
             (SELECT min(created_at) FROM contacts_contact), until), until
  FROM report_settled
"""


@dataclass(frozen=True, slots=True)
class HourDifference:
    """A row that is only stored, or only computed."""

    manager_id: int
    side: str
    row: str


def settle_hours() -> int:
    """Counts the hours that have ended since the last call; returns how many spans."""
    spans = 0
    while _settle_span():
        spans += 1
    return spans


def _settle_span() -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ALONE)
        if not cursor.fetchone()[0]:
            return False
        at_once: list[Any] = [AT_ONCE]
        cursor.execute(_NEXT, at_once)
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_BEGIN)
            cursor.execute(_NEXT, at_once)
            row = cursor.fetchone()
        since, until = row
        if since >= until:
            return False
        cursor.execute("SELECT contact_after FROM report_settled")
        contact_after = cursor.fetchone()[0]
        _count(cursor, _span(since, until) | {"contact_after": contact_after})
        cursor.execute(_SETTLED, {"until": until})
    return True


def forget_hours() -> None:
    """Discards all hours, so that they are recounted: rows of the past were loaded."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM report_settled")


def recount_hours(
    span: tuple[datetime, datetime], manager_id: int | None = None
) -> None:
    """Rebuilds the stored rows of a span of settled hours, in a transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        _count(cursor, _span(*span, manager_id))


def differing_hours(
    span: tuple[datetime, datetime], manager_id: int | None = None
) -> list[HourDifference]:
    """Returns the differences between stored and recomputed counts of a span."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARED, _span(*span, manager_id))
        return [HourDifference(*row) for row in cursor.fetchall()]


def settled_spans(
    since: datetime | None = None, length: timedelta = AT_ONCE
) -> Iterator[tuple[datetime, datetime]]:
    """Yields the settled hours in spans of that length, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_KEPT)
        row = cursor.fetchone()
    if row is None:
        return
    begins, until = row
    if since is not None:
        begins = max(begins, since)
    begins = begins.replace(minute=0, second=0, microsecond=0)
    while begins < until:
        ends = min(begins + length, until)
        yield begins, ends
        begins = ends


def _count(cursor: Any, values: dict[str, Any]) -> None:
    cursor.execute(_FORGET, values)
    cursor.execute(_KEEP, values)


def _span(
    since: datetime, until: datetime, manager_id: int | None = None
) -> dict[str, Any]:
    managers = None if manager_id is None else [manager_id]
    return {"since": since, "until": until, "managers": managers, "contact_after": 0}
