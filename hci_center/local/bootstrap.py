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

from areas.models import Operator
from hci_center.database.timeouts import Timeouts, other_timeouts
from hci_center.local.progress import DONE, FILLING, store_progress, stored_progress
from managers.models import Manager

Report = Callable[[str], None]

DEMO_SUPERVISOR = "supervisor"
DEMO_KEY = "demo"


def is_new() -> bool:
    """Returns whether the database has no tables of this project yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NULL")
        return bool(cursor.fetchone()[0])


def migrate(say: Report) -> None:
    """Migrates the database if necessary."""
    executor = MigrationExecutor(connection)
    try:
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            say("Bringing the database up to date ...")
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        connection.close()


def repeat_erasures() -> None:
    """Repeats erasures after a backup was restored."""
    with other_timeouts(connection, Timeouts(0, 0, 0)):
        call_command("erasures", "apply", if_restored=True)


def was_interrupted() -> bool:
    """Returns whether an earlier first start was interrupted during the demo data."""
    return stored_progress() == FILLING


def finish_first_start(say: Report) -> None:
    """Adds demo data to a new, empty database and prints its credentials.

    Called only for the embedded database. Does nothing once it has completed.
    """
    if stored_progress() == DONE:
        return
    if settings.DEMO and not Manager.objects.exists():
        store_progress(FILLING)
        say("Filling in a demonstration (HCI_DEMO=0 leaves it out) ...")
        call_command("seed_demo", rules=True)
        say(_create_demo_credentials())
    store_progress(DONE)


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
