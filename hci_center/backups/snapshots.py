"""A snapshot of the database, for its dump and the counts of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from hci_center.backups.connections import connect

# Tables whose rows are not dumped: login sessions and throttles, presence, and the live
# feed, which restarts after a restore. The rows of backups describe this installation.
LEFT_OUT = (
    "areas_loginsession",
    "areas_presence",
    "areas_signinfailure",
    "backups_backup",
    "change_feed",
    "change_pace",
    "change_pend",
    "django_session",
    "feed_open_sockets",
    "feed_ticket",
)
_TABLES = """
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
   AND NOT c.relispartition OR c.relkind = 'p' AND c.relnamespace = 'public'::regnamespace
 ORDER BY 1
"""
_PARTITIONS = """
SELECT inhrelid::regclass::text FROM pg_inherits
 WHERE inhparent IN (SELECT oid FROM pg_class
                      WHERE relnamespace = 'public'::regnamespace
                        AND relname = ANY(%s) AND relkind = 'p')
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An exported snapshot of the database, which other connections can use too."""

    id: str
    at: datetime
    database: psycopg.Connection

    def left_out(self) -> list[str]:
        """Returns the tables whose rows are not dumped, including partitions."""
        partitions = self.database.execute(_PARTITIONS, [list(LEFT_OUT)]).fetchall()
        return [*LEFT_OUT, *(name for (name,) in partitions)]

    def rows(self) -> dict[str, int]:
        """Counts the rows of each table that is dumped."""
        return count_rows(self.database)

    def migrations(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        rows = self.database.execute(
            "SELECT app, name FROM django_migrations ORDER BY id"
        )
        for app, name in rows.fetchall():
            found.setdefault(app, []).append(name)
        return found


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """Yields a snapshot of the current state, valid within the block."""
    with connect() as database:
        database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        database.read_only = True
        row = database.execute("SELECT pg_export_snapshot(), now()").fetchone()
        assert row is not None  # noqa: S101
        yield Snapshot(row[0], row[1], database)


def count_rows(database: psycopg.Connection) -> dict[str, int]:
    """Returns the number of rows of each table that is dumped."""
    counts = {}
    for (name,) in database.execute(_TABLES).fetchall():
        if name not in LEFT_OUT:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
            row = database.execute(query).fetchone()
            counts[name] = row[0] if row else 0
    return counts
