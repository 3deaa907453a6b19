"""`manage.py migrate` on a database in use."""

from __future__ import annotations

import io
import threading
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import migrate as django_migrate
from django.db import DatabaseError, connection, transaction

from hci_center.local.management.commands import migrate
from tests.feed.processes import database_url

ALTER = "ALTER TABLE managers_manager ADD COLUMN of_a_test integer"
BUSY = "SELECT count(*) FROM managers_manager"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other():
    with psycopg.connect(database_url(connection.settings_dict)) as opened:
        yield opened


@pytest.fixture
def short_waits(monkeypatch):
    """Makes waits for locks and between attempts short."""
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(migrate, "PAUSES", (0.01, 0.01))


def migrations(monkeypatch, *, work: Any) -> list[int]:
    """Replaces the migrations by `work`; returns a list of the attempts."""
    attempts: list[int] = []

    def handle(*_args: Any, **_options: Any) -> None:
        attempts.append(1)
        with transaction.atomic():
            work()

    monkeypatch.setattr(django_migrate.Command, "handle", handle)
    return attempts


def alter() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALTER)
        transaction.set_rollback(True)


def test_a_locked_table_is_tried_again(monkeypatch, short_waits, other):
    other.execute(BUSY)

    class Output(io.StringIO):
        def write(self, text: str) -> int:
            # The first attempt has failed; the table is unlocked from now on.
            other.rollback()
            return super().write(text)

    said = Output()
    attempts = migrations(monkeypatch, work=alter)
    call_command("migrate", stderr=said)
    assert len(attempts) == 2
    assert "lock timeout" in said.getvalue()
    assert "trying again" in said.getvalue()


def test_a_table_that_stays_locked_ends_it(monkeypatch, short_waits, other):
    other.execute(BUSY)
    attempts = migrations(monkeypatch, work=alter)
    with pytest.raises(DatabaseError):
        call_command("migrate", stderr=io.StringIO())
    assert len(attempts) == len(migrate.PAUSES) + 1


def test_one_migrates_and_others_wait(monkeypatch, other):
    free = "SELECT pg_try_advisory_xact_lock(%s)"
    seen: list[bool] = []

    def work() -> None:
        seen.append(other.execute(free, [migrate.LOCK]).fetchone()[0])
        other.rollback()

    migrations(monkeypatch, work=work)
    other.execute("SELECT pg_advisory_lock(%s)", [migrate.LOCK])
    other.commit()

    def release() -> None:
        other.execute("SELECT pg_advisory_unlock(%s)", [migrate.LOCK])
        other.commit()

    timer = threading.Timer(0.2, release)
    timer.start()
    call_command("migrate")
    timer.join()
    # It has waited, and then held the lock itself.
    assert seen == [False]
    assert other.execute(free, [migrate.LOCK]).fetchone()[0]


def test_other_errors_are_not_repeated(monkeypatch, short_waits):
    def fail() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    attempts = migrations(monkeypatch, work=fail)
    with pytest.raises(DatabaseError):
        call_command("migrate")
    assert len(attempts) == 1
