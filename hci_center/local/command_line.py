"""Runs `manage.py` and reports configuration and database errors in a sentence."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import OperationalError, connection

from hci_center.audit.actor import acting_command
from hci_center.audit.database import name_actor_where_needed
from hci_center.database import faults
from hci_center.database.timeouts import use_role
from hci_center.local import installations, paths
from hci_center.local.output import exit_quietly_on_broken_pipe
from hci_center.local.refused_start import exit_on_configuration_error
from hci_center.local.start_check import check_before_migrations, start_checked
from hci_center.logs.starting import say

# Commands that use the secrets; `serve` checks them itself once its database runs.
WANT_SECRETS = {
    "create_api_key",
    "deliver_messages",
    "provision",
    "renew_webhook",
    "seed_demo",
    "serve_demo_gateways",
    "serve_feed",
}
# Commands that only use tables, or check the secrets themselves. `backup` and `verify`
# check the database once it runs (`database_for_commands`).
WANT_TABLES = {
    "changepassword",
    "clearsessions",
    "createsuperuser",
    "dossier",
    "erasures",
    "import_legacy",
    "rebuild_reports",
    "reencrypt",
    "relay_changes",
    "revoke_api_key",
    "take_file_store",
    "take_secret_key",
}
# The first start, and a restore on a new machine.
MAKE_INSTALLATIONS = {"restore", "serve"}
WANT_FILES = {"deliver_messages"}
# They save no settings and send many statements; by the role whose timeouts apply.
LONG_RUNNING = {
    "deliver_messages": "worker",
    "relay_changes": "relay",
    "serve_demo_gateways": "command",
    "serve_feed": "feed",
}

_HELP = {"-h", "--help"}

_EMBEDDED = "The database is not running; bin/run starts it."
_GIVEN = "The database at DATABASE_URL does not answer; start it, or see its address."


def execute(arguments: list[str]) -> None:
    """Runs the named command.

    Exits 2 with a sentence for invalid settings and for secrets that are missing or not
    the database's, 1 if the database is not reachable. With --traceback the error is
    raised, as Django's own are.
    """
    with exit_on_configuration_error(raises="--traceback" in arguments):
        command = arguments[1] if len(arguments) > 1 else "help"
        if command in MAKE_INSTALLATIONS:
            installations.allow_installation()
        _ = settings.DEBUG
        with exit_quietly_on_broken_pipe():
            _execute(command, arguments)


def _execute(command: str, arguments: list[str]) -> None:
    use_role(LONG_RUNNING.get(command, "command"))
    try:
        if not _HELP.intersection(arguments):
            _check(command)
        with _named(command):
            execute_from_command_line(arguments)
    except OperationalError as error:
        if "--traceback" in arguments or not faults.is_lost(error):
            raise
        say(unavailable_sentence(error), logging.ERROR)
        sys.exit(1)


def _check(command: str) -> None:
    """Checks what the command needs of the database."""
    if command in WANT_SECRETS or command in WANT_TABLES:
        django.setup()
        start_checked(
            secrets=command in WANT_SECRETS,
            files=command in WANT_FILES,
            stays=command in LONG_RUNNING,
        )
    elif command == "migrate":
        django.setup()
        check_before_migrations()


@contextmanager
def _named(command: str) -> Iterator[None]:
    """Within the block, the command is the actor in the audit."""
    with ExitStack() as stack:
        stack.enter_context(acting_command(command))
        if command not in LONG_RUNNING:
            stack.enter_context(connection.execute_wrapper(name_actor_where_needed))
        yield


def unavailable_sentence(error: OperationalError) -> str:
    """Returns the message for a database that does not respond."""
    reason = str(error).partition("\n")[0]
    is_embedded = paths.database_url() == settings.DATABASE_URL
    sentence = _EMBEDDED if is_embedded else _GIVEN
    return f"{sentence} ({reason})"
