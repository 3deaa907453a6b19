"""Runs `manage.py seed_demo` and reads the rows that it created."""

from __future__ import annotations

import io
from typing import Any

from django.core.management import call_command
from django.db import connection


def seed_demo(**over: Any) -> str:
    """Returns what it prints."""
    out = io.StringIO()
    call_command("seed_demo", verbosity=0, stdout=out, **over)
    return out.getvalue()


def rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
