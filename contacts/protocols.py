"""Issues protocols, the numbers of service sessions."""

from __future__ import annotations

from django.db import connection


def issue_protocol(manager_id: int) -> str:
    """Returns a new, unique protocol.

    It consists of `BR`, the day in the manager's time zone, a running number and a
    check digit: see `issue_protocol` in the migrations, which other statements call
    directly.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT issue_protocol(%s)", [manager_id])
        (protocol,) = cursor.fetchone()
    return str(protocol)
