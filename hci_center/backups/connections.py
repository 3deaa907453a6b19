"""Connections of their own beside Django's, without its limits on long statements."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

# What Django's connection needs for its own values.
_DJANGOS = ("context", "cursor_factory", "prepare_threshold", "options")
_UNBOUNDED = (
    "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
)


def connect(dbname: str = "", *, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Connects to the present database, or another of its server.

    Raises psycopg.OperationalError.
    """
    given = connection.get_connection_params()
    taken = {name: value for name, value in given.items() if name not in _DJANGOS}
    named = {"dbname": dbname} if dbname else {}
    return psycopg.connect(
        **{**taken, **named, "options": _UNBOUNDED}, autocommit=autocommit
    )
