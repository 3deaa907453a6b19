"""Every process and command reports a database that is half restored or empty."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.db import connection

from hci_center.backups import databases
from hci_center.local import command_line, progress
from hci_center.local.start_check import check_start
from tests.feed.processes import database_url
from tests.ports import free_port

WEB = ("-m", "hci_center.webserver.server")
PROCESSES = (
    WEB,
    ("manage.py", "serve_feed"),
    ("manage.py", "relay_changes"),
    ("manage.py", "deliver_messages"),
)
COMMANDS = (
    ("backup",),
    ("changepassword", "ana"),
    ("create_api_key", "bot"),
    ("createsuperuser", "--no-input"),
    ("dossier", "5511987654321"),
    ("erasures", "apply"),
    ("import_legacy", "export"),
    ("provision", "padaria.json"),
    ("rebuild_reports",),
    ("reencrypt",),
    ("renew_webhook", "5511987654321"),
    ("revoke_api_key", "bot"),
    ("seed_demo",),
    ("take_file_store",),
    ("take_secret_key",),
    ("verify",),
)
# Commands that work on such a database, or check it themselves.
OTHERS = {"backup", "dbshell", "doctor", "migrate", "openapi", "restore", "verify"}


@pytest.fixture(scope="module")
def empty_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    name = f"{connection.settings_dict['NAME']}_unfit"
    with django_db_blocker.unblock():
        databases.create(name)
        try:
            yield name
        finally:
            databases.drop(name)


@pytest.fixture
def half_restored(empty_database: str) -> Iterator[str]:
    """The database as left by a killed `manage.py restore`."""
    with databases.present(empty_database):
        progress.store_progress(progress.RESTORING)
    yield empty_database
    with databases.present(empty_database):
        progress.store_progress(progress.DONE)


def run(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    given = {
        "DATABASE_URL": database_url({**connection.settings_dict, "NAME": name}),
        "HCI_PORT": str(free_port()),
        "HCI_SECRET_KEY": settings.SECRET_KEY,
        "HCI_TOKEN_KEYS": ",".join(settings.TOKEN_KEYS),
    }
    # Its own folder, because `serve` stops servers left there by an earlier start.
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, *command],
            env=os.environ | given | {"HCI_DATA_DIR": folder},
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )


def test_no_process_runs_on_a_half_restored_database(half_restored):
    verify, serve = ("manage.py", "verify"), ("manage.py", "serve")
    for command in (*PROCESSES, verify, serve, ("manage.py", "migrate")):
        ended = run(half_restored, *command)
        assert ended.stderr == f"{progress.HALF_RESTORED}\n", command
        assert ended.returncode == 2
    with databases.present(half_restored):
        assert databases.is_empty()


@pytest.mark.usefixtures("half_restored")
def test_doctor_names_a_half_restored_database(half_restored):
    ended = run(half_restored, "manage.py", "doctor", "--language", "en")
    assert ended.returncode == 1
    assert "error" in ended.stdout
    assert "A restore of a backup into this database was interrupted." in ended.stdout
    assert "manage.py restore --replace" in ended.stdout


def test_a_database_without_tables_is_named_in_a_sentence(empty_database):
    for command in COMMANDS:
        ended = run(empty_database, "manage.py", *command)
        assert "Traceback" not in ended.stderr, command
        [line] = ended.stderr.splitlines()
        assert "migrations of this version are not applied" in line, command
        assert line.endswith("run manage.py migrate first.")
        assert ended.returncode == 2


def test_help_needs_no_database(empty_database):
    ended = run(empty_database, "manage.py", "revoke_api_key", "--help")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_every_command_of_the_project_is_checked():
    ours = {
        name
        for name, app in get_commands().items()
        if app.startswith(("hci_center.", "managers", "areas", "contacts", "chats"))
    }
    checked = command_line.WANT_SECRETS | command_line.WANT_TABLES
    assert ours - checked == OTHERS | {"serve"}
    tried = {command for command, *_ in COMMANDS}
    long_running = set(command_line.LONG_RUNNING)
    assert tried == (checked - long_running - {"clearsessions"}) | {"backup", "verify"}


@pytest.mark.django_db(transaction=True)
def test_the_check_of_a_start_refuses_it():
    progress.store_progress(progress.RESTORING)
    try:
        with pytest.raises(ImproperlyConfigured, match="was being restored"):
            check_start(lambda _said: None)
    finally:
        progress.store_progress(progress.DONE)
    check_start(lambda _said: None)
