"""Database errors are classified: outage, timeout, full disk and others."""

from __future__ import annotations

import logging

import psycopg
import pytest
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from hci_center.database import faults
from hci_center.errors import LackingError
from hci_center.webserver import health
from managers.api import viewsets

pytestmark = pytest.mark.django_db


def raised_by_the_server(sqlstate):
    """Returns the Django exception of a statement that failed with that code."""
    statement = f"RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'"
    with (
        pytest.raises((DatabaseError, InterfaceError)) as caught,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DO $$ BEGIN {statement}; END $$")
    return caught.value


STATES = [
    ("40P01", faults.DEADLOCK),
    ("40001", faults.DEADLOCK),
    ("53100", faults.DISK_FULL),
    ("53200", faults.OUT_OF_MEMORY),
    ("55P03", faults.LOCK_TIMEOUT),
    ("57014", faults.STATEMENT_TIMEOUT),
    ("25006", faults.READ_ONLY),
    ("25P03", faults.UNREACHABLE),
    ("58030", faults.INPUT_OUTPUT),
    ("08006", faults.UNREACHABLE),
    ("53400", faults.OTHER),
    ("23505", None),
    ("22003", None),
]


@pytest.mark.parametrize(("sqlstate", "fault"), STATES)
def test_errors_are_classified_by_the_servers_code(sqlstate, fault):
    error = raised_by_the_server(sqlstate)
    assert faults.fault_of(error) is fault
    assert faults.fault_of(error.__cause__) is fault


def test_an_error_without_a_code_is_an_outage():
    for error in (OperationalError("refused"), InterfaceError("closed")):
        assert faults.fault_of(error) is faults.UNREACHABLE
    assert faults.fault_of(psycopg.OperationalError()) is faults.UNREACHABLE
    assert faults.fault_of(ValueError()) is None


@pytest.mark.parametrize(
    ("sqlstate", "said", "level", "retry_after"),
    [
        ("40P01", "deadlock (40P01)", logging.WARNING, 1),
        ("57014", "statement timeout (57014)", logging.ERROR, 5),
        ("53100", "disk full (53100)", logging.CRITICAL, 30),
        ("25006", "read-only server (25006)", logging.ERROR, 5),
    ],
)
def test_the_log_distinguishes_them(
    api, monkeypatch, caplog, sqlstate, said, level, retry_after
):
    memory = faults.DiskFullMemory()
    monkeypatch.setattr(faults, "disk_full", memory)
    error = raised_by_the_server(sqlstate)

    def fail(*_):
        raise error

    monkeypatch.setattr(viewsets.queries, "managers_of", fail)
    answer = api.get("/api/user/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == str(retry_after)
    [record] = [r for r in caplog.records if r.message.startswith("Database: ")]
    assert record.message.startswith(f"Database: {said} at managers.")
    assert record.levelno == level
    assert memory.is_recent() == (sqlstate == "53100")


def test_a_write_refused_by_a_full_disk_is_reported_by_the_probe(monkeypatch):
    memory = faults.DiskFullMemory()
    monkeypatch.setattr(faults, "disk_full", memory)
    assert health._check_database() == "ok"
    memory.note(raised_by_the_server("53100"))
    with pytest.raises(LackingError, match="disk is full"):
        health._check_database()
