"""Database connections separate from Django's, without its statement timeouts."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

# Parameters that only Django's connection needs.
_DJANGOS = ("context", "cursor_factory", "prepare_threshold", "options")
_UNBOUNDED = (
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
)


def connect(dbname: str = "", *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Connects to the current database, or to another one on its server.

    Raises psycopg.OperationalError.
    """
    given = connection.get_connection_params()
    taken = {name: value for name, value in given.items() if name not in _DJANGOS}
    named = {"dbname": dbname} if dbname else {}
    return psycopg.connect(
        **{**taken, **named, "options": _UNBOUNDED}, autocommit=autocommit
    )
