"""The database as transactional tests leave it: empty, for the price of what they wrote.

Django empties every table and then makes all permissions anew, which costs more than
most of these tests do.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

# The same in every database: what the migrations have made stays.
_KEPT = {"auth_permission", "django_content_type"}


def empty(command: str, *, database: str, **_: Any) -> None:
    """Stands in for `call_command("flush", ...)`: no row of a test is left.

    Sequences go on, as Django leaves them.
    """
    assert command == "flush"
    connection = connections[database]
    every = connection.introspection.django_table_names(
        only_existing=True, include_views=False
    )
    quoted = [connection.ops.quote_name(name) for name in sorted({*every} - _KEPT)]
    look = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608
        for name in quoted
    )
    with connection.cursor() as cursor:
        cursor.execute(look)
        filled = [name for (name,) in cursor.fetchall()]
        if filled:
            # Tables that point at these have no row that may stay.
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
