"""Empties the database after transactional tests, only where they wrote.

Django's flush empties every table and recreates all permissions, which takes longer
than most of these tests.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import OperationalError, ProgrammingError, connections
from psycopg.errors import DeadlockDetected, InsufficientPrivilege

# Rows created by the migrations are the same in every database and are kept.
_KEPT = {"auth_permission", "django_content_type"}
# The feed's tables have no models. Changes of one test are not numbered in the next
# one.
_FEED = {"change_pend", "change_line", "change_feed"}
# TRUNCATE would recreate the files of every table that refers to one of these. Without
# triggers, rows can be deleted in any order; the notifications of the TRUNCATE triggers
# are sent here.
_DELETE = """
DO $$ BEGIN
  PERFORM set_config('session_replication_role', 'replica', true);
  {deletes};
  PERFORM set_config('session_replication_role', 'origin', true);
  {tells}
END $$
"""
_TELLS = "PERFORM change_new_epoch(); NOTIFY api_keys;"


def empty(command: str, *, database: str, **_: Any) -> None:
    """Replaces `call_command("flush", ...)`: deletes all rows of tests.

    Sequences are not reset, as with Django's flush.
    """
    assert command == "flush"
    with connections[database].cursor() as cursor:
        cursor.execute(_look(database))
        filled = [name for (name,) in cursor.fetchall()]
        if filled:
            tells = "" if {*filled} <= _FEED else _TELLS
            quote = connections[database].ops.quote_name
            _without_deadlock(cursor, [quote(name) for name in filled], tells)


@cache
def _look(database: str) -> str:
    """Returns the statement that finds the tables that have rows."""
    connection = connections[database]
    every = connection.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    # The relay deletes of the first one before it writes to the others.
    names = sorted({*every} - _KEPT | _FEED, key=lambda name: name != "change_pend")
    return " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(name)})"  # noqa: S608
        for name in names
    )


def _without_deadlock(cursor: Any, tables: list[str], tells: str) -> None:
    """Retries after a deadlock with the relay, which works meanwhile."""
    for is_last in (False, False, True):
        try:
            _delete(cursor, tables, tells)
        except OperationalError as error:
            if is_last or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return


def _delete(cursor: Any, tables: list[str], tells: str) -> None:
    deletes = "; ".join(f"DELETE FROM {name}" for name in tables)  # noqa: S608
    try:
        cursor.execute(_DELETE.format(deletes=deletes, tells=tells))
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        # Another server, whose role may not disable triggers.
        cursor.execute(
            "SET hci.truncating = 'on';"
            f"TRUNCATE {', '.join(tables)} CASCADE;"
            "RESET hci.truncating"
        )
