"""The migrated template that every worker's test database is copied from.

Migrating takes longer than copying: the first worker that needs a database makes the
template, and a dump of it for clusters of their own; the others wait for it.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from hci_center.backups.errors import BackupError
from hci_center.backups.postgres_programs import find_program
from tests.feed.processes import database_url

# The environment passes the name to the workers, and shows that there are some.
VARIABLE = "HCI_TEST_TEMPLATE"


def name_template(config: pytest.Config) -> None:
    """Names the run's template, in the process that starts the workers."""
    if not hasattr(config, "workerinput") and config.getoption("numprocesses", None):
        os.environ[VARIABLE] = f"test_hci_template_{os.getpid()}"


def drop_template(config: pytest.Config) -> None:
    """Drops the run's template, in the process that named it."""
    name = os.environ.get(VARIABLE)
    if name is None or hasattr(config, "workerinput"):
        return
    server = database_url({**settings.DATABASES["default"], "NAME": "postgres"})
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(
            sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        )


def copy_template(folder: Path) -> None:
    """Makes new test databases copies of the template, created if needed.

    `folder` is the run's, the same for all workers.
    """
    name = os.environ.get(VARIABLE)
    if name is None:
        return
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "template.made"
        if not made.exists():
            _make(name, dump_in(folder))
            made.touch()
    connection.settings_dict["TEST"]["TEMPLATE"] = name


def dump_in(folder: Path) -> Path:
    """Returns the path of the template's dump; `folder` is the run's.

    It exists once a worker has created its database, if pg_dump is installed.
    """
    return folder / "template.dump"


def _make(name: str, dump: Path) -> None:
    test: dict[str, Any] = connection.settings_dict["TEST"]
    ours, workers = connection.settings_dict["NAME"], test["NAME"]
    test["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, serialize=False)
        dump_database(dump)
    finally:
        # No connection may be open to a database that is copied.
        connection.close()
        test["NAME"] = workers
        settings.DATABASES["default"]["NAME"] = ours
        connection.settings_dict["NAME"] = ours


def dump_database(target: Path) -> None:
    """Dumps the current database, if there is a matching pg_dump."""
    try:
        program = find_program("pg_dump")
    except BackupError:
        return
    address = database_url(connection.settings_dict)
    command = [program, "--format=custom", "--no-owner", "--no-privileges"]
    subprocess.run([*command, f"--file={target}", address], check=True)
