"""The number under which a service session is spoken of."""

from __future__ import annotations

from django.db import connection


def issue_protocol(manager_id: int) -> str:
    """A protocol that was never issued before.

    `BR`, the day in the manager's time zone, a running number and a check digit:
    see `issue_protocol` in the migrations, which statements call directly.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT issue_protocol(%s)", [manager_id])
        (protocol,) = cursor.fetchone()
    return str(protocol)
