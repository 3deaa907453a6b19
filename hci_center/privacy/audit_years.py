"""Drops expired years of the audit, as whole partitions.

Off by default: HCI_AUDIT_YEARS sets how long lines are kept. A year is dropped once all
of its lines are older.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from hci_center.audit.recording import record

_YEARS = """
SELECT substring(c.relname FROM '[0-9]{4}$')::int, c.oid::regclass::text
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'audit_line'::regclass AND c.relname ~ '^audit_line_[0-9]{4}$'
 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Year:
    """A year (UTC) of the audit: its number of lines, and whether it has expired."""

    year: int
    lines: int
    is_over: bool


def years(now: datetime | None = None) -> list[Year]:
    """Returns the years that have lines; changes nothing."""
    found = []
    for year, table in _partitions():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - of the catalogue
            (lines,) = cursor.fetchone()
        if lines:
            found.append(Year(year, lines, is_over(year, now)))
    return found


def is_over(year: int, now: datetime | None = None) -> bool:
    """Returns whether all of a year's lines are older than they are kept."""
    kept: int = settings.AUDIT_YEARS
    return bool(kept) and year + kept < (now or timezone.now()).year


def drop_over(now: datetime | None = None) -> int:
    """Drops expired years, each with a line in the audit; returns their number."""
    dropped = 0
    for year, table in _partitions():
        if is_over(year, now):
            _drop(year, table)
            dropped += 1
    return dropped


def _drop(year: int, table: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Actions that write lines wait meanwhile: better retry the next day than block
        # long.
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - of the catalogue
        (lines,) = cursor.fetchone()
        record(
            "retention",
            "audit",
            year,
            after={"lines": lines, "years": settings.AUDIT_YEARS},
            credential="command:retention",
        )
        cursor.execute(f"DROP TABLE {table}")


def _partitions() -> Iterator[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_YEARS)
        yield from cursor.fetchall()
