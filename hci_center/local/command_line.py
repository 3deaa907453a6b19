"""`manage.py`: a database that is not running is told in a sentence."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from hci_center.database import faults
from hci_center.database.timeouts import use_role

_EMBEDDED = "The database is not running; bin/run starts it."
_GIVEN = "The database at DATABASE_URL does not answer; start it, or see its address."


def execute(arguments: list[str]) -> None:
    """Runs the command that is named; exits 1 where its database is away.

    With --traceback the error is raised, as Django's own are.
    """
    # A command that serves, or works all day, says so itself.
    use_role("command")
    try:
        execute_from_command_line(arguments)
    except OperationalError as error:
        if "--traceback" in arguments or not faults.is_lost(error):
            raise
        reason = str(error).partition("\n")[0]
        sentence = _GIVEN if os.environ.get("DATABASE_URL") else _EMBEDDED
        sys.exit(f"{sentence} ({reason})")
