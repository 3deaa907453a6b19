"""The checks of each long-running process at startup.

Its connection keeps session state, the database is not half restored, secrets and file
store match the database, and every migration that the code needs is applied. Additional
migrations belong to a newer version: both may run side by side.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from threading import Thread

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, ProgrammingError, connection

from hci_center.database.options import refused_value
from hci_center.database.pooler import check_session, uses_pooler
from hci_center.local.file_store import check_file_store
from hci_center.local.installations import refuse_missing
from hci_center.local.progress import refuse_half_restored
from hci_center.local.secret_check import Report, check_secrets, missing_secrets
from hci_center.local.unknown_variables import unknown_variables
from hci_center.logs.starting import say

EXIT_STATUS = 2
# PgBouncer's error for a connection with timeouts, unless configured to ignore them.
_REFUSED_BY_POOLER = "unsupported startup parameter"


def check_start(report: Report, *, secrets: bool = True, files: bool = False) -> None:
    """Checks everything that a process needs from its database.

    `secrets` and `files`: whether the process uses them. Raises ImproperlyConfigured
    with the remedy, OperationalError if the database is not reachable.
    """
    refuse_missing()
    try:
        check_session()
    except (OperationalError, ProgrammingError) as error:
        if (refused := refused_value(error)) is not None:
            variable = "HCI_WEB_DATABASE_URL" if uses_pooler() else "DATABASE_URL"
            raise ImproperlyConfigured(
                f"{variable} holds an invalid value: {refused}"
            ) from None
        if _REFUSED_BY_POOLER in str(error):
            raise ImproperlyConfigured(
                "DATABASE_URL leads to a pooler that refuses the timeouts of a session: "
                "it must lead to the server itself. The web process alone may go "
                "through a pooler in transaction mode: HCI_WEB_DATABASE_URL."
            ) from None
        raise
    refuse_half_restored()
    check_migrations()
    if secrets:
        check_secrets(report)
    if files:
        check_file_store()


def check_migrations() -> None:
    """Raises ImproperlyConfigured if a migration of this code is not applied."""
    missing = unapplied_migrations()
    if missing:
        app, name = min(missing)
        raise ImproperlyConfigured(
            f"{len(missing)} migrations of this version are not applied to the database"
            f" ({app}.{name} is one): run manage.py migrate first."
        )


def unapplied_migrations() -> set[tuple[str, str]]:
    """Returns the app and name of each migration that the database lacks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        applied: set[tuple[str, str]] = set()
        if cursor.fetchone()[0]:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    return _migrations_of_code() - applied


def _migrations_of_code() -> set[tuple[str, str]]:
    """Returns app and name of each migration, from the names of the files.

    Loading them, as Django does, takes longer than the rest of the startup.
    """
    return {
        (config.label, path.stem)
        for config in apps.get_app_configs()
        for path in (Path(config.path) / "migrations").glob("*.py")
        if path.stem[0] not in "_~"
    }


def check_before_migrations() -> None:
    """Checks what `manage.py migrate` needs of the database, like `check_start`."""
    refuse_missing()
    try:
        refuse_half_restored()
    finally:
        connection.close()


def start_checked(
    *, secrets: bool = True, files: bool = False, stays: bool = True
) -> None:
    """Runs `check_start` at the start of a process; exits 2 if it fails.

    If the database is not reachable, the process starts anyway, and with `stays` is
    checked as soon as the database is back.
    """
    _name_unknown_variables()
    try:
        check_start(say, secrets=secrets, files=files)
    except ImproperlyConfigured as error:
        say(str(error), logging.ERROR)
        sys.exit(EXIT_STATUS)
    except (OperationalError, InterfaceError) as error:
        if secrets and missing_secrets():
            # The process needs secrets, and only the database tells whether they may be
            # generated.
            raise
        if not stays:
            return
        reason = str(error).partition("\n")[0]
        say(f"The database does not answer yet, and is asked again: {reason}")
        Thread(
            target=_check_later, args=(secrets, files), name="start", daemon=True
        ).start()
    finally:
        # This thread may never need a connection again.
        if not connection.in_atomic_block:
            connection.close()


def _name_unknown_variables() -> None:
    for name, nearest in unknown_variables(os.environ):
        meant = f": is {nearest} meant?" if nearest else "."
        say(f"{name} is set, but nothing reads it{meant}")


def _check_later(secrets: bool, files: bool) -> None:
    while True:
        time.sleep(1)
        try:
            check_start(say, secrets=secrets, files=files)
        except ImproperlyConfigured as error:
            say(str(error), logging.ERROR)
            os._exit(EXIT_STATUS)
        except (OperationalError, InterfaceError):
            continue
        finally:
            connection.close()
        return
