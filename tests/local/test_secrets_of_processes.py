"""Secrets of real processes on an external database.

Several machines may serve it, each with a data folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.fernet import Fernet

from tests.local.installation import ROOT, Installation

SECRETS = ("HCI_SECRET_KEY", "HCI_TOKEN_KEYS")
SERVERS = [["manage.py", "serve_feed"], ["manage.py", "deliver_messages"]]


@pytest.fixture(scope="module")
def database():
    """A new database on the server of the tests; its address."""
    server, name = os.environ["DATABASE_URL"], f"hci_secrets_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def first(database, tmp_path_factory):
    """Returns the machine that was started first, without secrets."""
    installation = Installation(
        tmp_path_factory.mktemp("first"),
        DATABASE_URL=database,
        REDIS_URL=os.environ["REDIS_URL"],
    )
    for name in SECRETS:
        installation.environment.pop(name, None)
    installation.start()
    installation.first_words = installation.said()
    yield installation
    installation.stop()


def python(machine, *arguments, **more):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=machine.environment | more,
        capture_output=True,
        text=True,
        timeout=60,
    )


def refused(ended, begins):
    assert (ended.returncode, ended.stdout) == (2, "")
    lines = ended.stderr.removeprefix("serve: ").splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0].startswith(begins)


def test_a_new_database_starts_with_secrets_that_are_announced(first):
    assert (
        "Made HCI_SECRET_KEY and HCI_TOKEN_KEYS for this new database"
        in first.first_words
    )
    assert first.state() == "ok"


def test_its_commands_use_the_same(first):
    made = first.manage("create_api_key", "bot")
    assert made.returncode == 0, made.stderr
    headers = {"X-Api-Key": made.stdout.strip()}
    assert first.get("/api/user/", **headers)[0] == 200


def test_a_second_machine_without_secrets_is_refused_and_generates_none(
    first, tmp_path
):
    free = {"HCI_PORT": "1", "HCI_FEED_PORT": "2"}
    for command in (
        ["manage.py", "serve"],
        *SERVERS,
        ["-m", "hci_center.webserver.server"],
    ):
        ended = python(first, *command, HCI_DATA_DIR=str(tmp_path), **free)
        assert refused(ended, "HCI_SECRET_KEY and HCI_TOKEN_KEYS are not set"), command
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    "command",
    [
        *SERVERS,
        ["-m", "hci_center.webserver.server"],
        ["manage.py", "create_api_key", "x"],
    ],
)
def test_secrets_of_another_database_are_refused(first, command):
    key = Fernet.generate_key().decode()
    assert refused(python(first, *command, HCI_TOKEN_KEYS=key), "HCI_TOKEN_KEYS does")
    other = "another-secret-key-of-32-characters"
    assert refused(python(first, *command, HCI_SECRET_KEY=other), "HCI_SECRET_KEY is")


def test_a_database_older_than_the_secrets_is_not_started_with_them(first):
    """Not even by the command that starts everything."""
    first.stop()
    key = Fernet.generate_key().decode()
    ended = python(first, "manage.py", "serve", HCI_TOKEN_KEYS=key)
    assert refused(ended, "HCI_TOKEN_KEYS does")
    first.start()
    assert first.state() == "ok"


def test_a_start_does_not_migrate_a_database_served_by_others(
    first, database, tmp_path
):
    """Migrations are a separate step, as an earlier version may still be running."""
    shutil.copytree(first.data / "secrets", tmp_path / "secrets")
    with psycopg.connect(database, autocommit=True) as connection:
        [row] = connection.execute(
            "DELETE FROM django_migrations WHERE app = 'local' RETURNING app, name,"
            " applied"
        ).fetchall()
        try:
            other = {
                "HCI_DATA_DIR": str(tmp_path),
                "HCI_PORT": "1",
                "HCI_FEED_PORT": "2",
            }
            for command in (["manage.py", "serve"], ["manage.py", "relay_changes"]):
                ended = python(first, *command, **other)
                said = "1 migrations of this version are not applied"
                assert refused(ended, said), command
        finally:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied)"
                " VALUES (%s, %s, %s)",
                row,
            )
