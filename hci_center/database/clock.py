"""The time of the database server, which all processes have in common.

Times that are compared with rows, or by which rows become due, are taken from it: the
clock of one machine may be wrong.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def server_time() -> datetime:
    """Returns the server's time now, within a transaction too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
