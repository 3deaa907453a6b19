"""`manage.py`: a database that is not running is told in a sentence."""

from __future__ import annotations

import os
import sys

import psycopg
from django.core.management import execute_from_command_line
from django.db import OperationalError

_EMBEDDED = "The database is not running; bin/run starts it."
_GIVEN = "The database at DATABASE_URL does not answer; start it, or see its address."


def execute(arguments: list[str]) -> None:
    """Runs the command that is named; exits 1 where its database is away.

    With --traceback the error is raised, as Django's own are.
    """
    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        if "--traceback" in arguments or not _is_away(error):
            raise
        reason = str(error).partition("\n")[0]
        sentence = _GIVEN if os.environ.get("DATABASE_URL") else _EMBEDDED
        sys.exit(f"{sentence} ({reason})")


def _is_away(error: OperationalError) -> bool:
    # Whatever a server has answered bears a code.
    cause = error.__cause__
    return isinstance(cause, psycopg.Error) and cause.sqlstate is None
