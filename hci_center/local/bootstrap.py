"""Prepares a running database for use: migrations, demo data."""

from __future__ import annotations

import io
import json
import secrets
import tempfile
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from areas.models import Operator
from hci_center.database.timeouts import Timeouts, other_timeouts
from hci_center.local.errors import CannotStartError
from managers.models import Manager

Report = Callable[[str], None]

# The progress of the first start, stored as the database's comment: so it cannot be
# lost without the data or belong to other data.
FILLING, DONE = "hci: demo data is being filled in", "hci: first start done"
# Likewise of a restore.
RESTORING = "hci: a backup is being restored"

DEMO_SUPERVISOR = "supervisor"
DEMO_KEY = "demo"


def is_new() -> bool:
    """Returns whether the database has no tables of this project yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
        return bool(cursor.fetchone()[0])


def migrate(say: Report) -> None:
    """Migrates the database if need be."""
    executor = MigrationExecutor(connection)
    try:
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            say("Bringing the database up to date ...")
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()


def erase_again() -> None:
    """Erases the persons that a restored backup has brought back."""
    with other_timeouts(connection, Timeouts(0, 0, 0)):
        call_command("erasures", "apply", if_restored=True)


def was_interrupted() -> bool:
    """Returns whether an earlier first start was interrupted during the demo data."""
    return _comment() == FILLING


def refuse_half_restored() -> None:
    """Raises CannotStartError if a restore into this database was interrupted."""
    if _comment() == RESTORING:
        raise CannotStartError(
            "A backup was being restored into this database, and that was interrupted: "
            "run manage.py restore --replace again."
        )


def finish_first_start(say: Report) -> None:
    """Adds demo data to a new, empty database and prints its credentials.

    Called only for the embedded database. Does nothing once it has completed.
    """
    if _comment() == DONE:
        return
    if settings.DEMO and not Manager.objects.exists():
        set_comment(FILLING)
        say("Filling in a demonstration (HCI_DEMO=0 leaves it out) ...")
        call_command("seed_demo", rules=True)
        say(_create_demo_credentials())
    set_comment(DONE)


def has_demo() -> bool:
    """Returns whether any manager uses the fake gateways."""
    return Manager.objects.filter(is_demo=True).exists()


def how_to_enter() -> str | None:
    """Returns instructions if no user exists yet, else None."""
    if get_user_model().objects.exists():
        return None
    return (
        "Nobody can sign in yet. With the same environment, run\n"
        "  .venv/bin/python manage.py createsuperuser       for an administrator\n"
        "  .venv/bin/python manage.py create_api_key NAME   for a program"
    )


def _create_demo_credentials() -> str:
    """Creates the demo's accounts and API key; returns a text with their secrets."""
    password = secrets.token_urlsafe(12)
    person = {"username": DEMO_SUPERVISOR, "password": password}
    managers = [
        {
            "name": manager.name,
            "supervisors": [person],
            **({"number": manager.number} if manager.number else {}),
            **({"facebookId": manager.facebook_id} if manager.facebook_id else {}),
        }
        for manager in Manager.objects.order_by("pk")
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"managers": managers}, file)
        file.flush()
        call_command("provision", file.name, stdout=io.StringIO())
    operator, operator_password = _let_operator_in()
    key = io.StringIO()
    call_command("create_api_key", DEMO_KEY, stdout=key)
    return (
        "For the demonstration, shown only this once (username and password):\n"
        f"  operator    {operator} {operator_password}\n"
        f"  supervisor  {DEMO_SUPERVISOR} {password}\n"
        f"  API key     {key.getvalue().strip()}"
    )


def _let_operator_in() -> tuple[str, str]:
    """Gives the first operator a password; returns it with the username."""
    password = secrets.token_urlsafe(12)
    user = Operator.objects.select_related("user").order_by("pk")[0].user
    user.set_password(password)
    user.save(update_fields=["password"])
    return user.get_username(), password


def _comment() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = current_database()"
        )
        row = cursor.fetchone()
    return row[0] if row else None


def set_comment(text: str) -> None:
    """Stores how far the first start, or a restore, of the database has got."""
    # COMMENT takes no parameters: the text is quoted into the statement.
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(connection.settings_dict["NAME"]), sql.Literal(text)
    )
    with connection.cursor() as cursor:
        cursor.execute(comment)
