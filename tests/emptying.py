"""The database as transactional tests leave it: empty, for the price of what they wrote.

Django empties every table and then makes all permissions anew, which costs more than
most of these tests do.
"""

from __future__ import annotations

from typing import Any

from django.db import OperationalError, connections
from psycopg.errors import DeadlockDetected

# The same in every database: what the migrations have made stays.
_KEPT = {"auth_permission", "django_content_type"}
# The feed's tables have no models. What a test changed is not numbered in the next one.
_FEED = {"change_pend", "change_line", "change_feed"}


def empty(command: str, *, database: str, **_: Any) -> None:
    """Stands in for `call_command("flush", ...)`: no row of a test is left.

    Sequences go on, as Django leaves them.
    """
    assert command == "flush"
    connection = connections[database]
    every = connection.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    quoted = [
        connection.ops.quote_name(name) for name in sorted({*every} - _KEPT | _FEED)
    ]
    look = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608
        for name in quoted
    )
    with connection.cursor() as cursor:
        cursor.execute(look)
        filled = [name for (name,) in cursor.fetchall()]
        if filled:
            _truncate(cursor, ", ".join(filled))


def _truncate(cursor: Any, tables: str) -> None:
    """Tables that point at these have no row that may stay.

    The relay reads them meanwhile, in another order: of a deadlock, PostgreSQL chooses
    whom it refuses.
    """
    for is_last in (False, False, True):
        try:
            cursor.execute(f"TRUNCATE {tables} CASCADE")
        except OperationalError as error:
            if is_last or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return
