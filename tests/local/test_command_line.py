"""manage.py with a database that is not running."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from hci_center.local import command_line


def create_key(environment):
    command = [sys.executable, "manage.py", "create_api_key", "bot"]
    ours = {n: v for n, v in os.environ.items() if n != "DATABASE_URL"}
    return subprocess.run(
        command,
        env=ours | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "The database is not running; bin/run starts it."),
        (
            {"DATABASE_URL": "postgres://ana:hidden@127.0.0.1:1/centre"},
            "The database at DATABASE_URL does not answer; "
            "start it, or see its address.",
        ),
    ],
)
def test_it_prints_one_line_and_fails(tmp_path, given, sentence):
    (tmp_path / "postgres").mkdir()
    ended = create_key({"HCI_DATA_DIR": str(tmp_path)} | given)
    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"{sentence} (")
    assert "hidden" not in line


def test_an_error_of_a_running_database_is_raised(db, monkeypatch):
    def cancel_itself(_):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_cancel_backend(pg_backend_pid())")

    monkeypatch.setattr(command_line, "execute_from_command_line", cancel_itself)
    with pytest.raises(OperationalError, match="canceling statement"):
        command_line.execute(["manage.py", "create_api_key"])
