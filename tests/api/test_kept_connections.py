"""The persistent database connection, and when it is replaced."""

from __future__ import annotations

import select
import time

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT = 20.0


@pytest.fixture
def elsewhere():
    """Returns another connection to the same database."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(
        **{name: parameters[name] for name in names if name in parameters},
        autocommit=True,
    ) as other:
        yield other


@pytest.fixture
def pid():
    """Returns the backend's pid, with a health check due as at the start of a request."""
    connection.ensure_connection()
    connection.health_check_enabled = True
    ours = connection.connection.info.backend_pid
    query("SELECT 'ours'")
    connection.close_if_unusable_or_obsolete()
    yield ours
    connection.close()


def query(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def last_query(other, pid):
    row = other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    return row.fetchone()[0]


def end(other, pid):
    other.execute("SELECT pg_terminate_backend(%s)", [pid])
    deadline = time.monotonic() + TIMEOUT
    alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
    while other.execute(alive, [pid]).fetchone() != (0,):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_working_connection_is_not_checked_by_a_query(pid, elsewhere):
    connection.close_if_health_check_failed()
    assert last_query(elsewhere, pid) == "SELECT 'ours'"
    assert query("SELECT pg_backend_pid()") == pid


def test_a_connection_closed_by_the_server_is_replaced_before_use(pid, elsewhere):
    end(elsewhere, pid)
    assert query("SELECT pg_backend_pid()") != pid


def test_a_connection_with_an_error_is_checked_by_a_query(pid, elsewhere):
    connection.errors_occurred = True
    connection.close_if_unusable_or_obsolete()
    assert last_query(elsewhere, pid) == "SELECT 1"
    assert query("SELECT pg_backend_pid()") == pid


def test_a_connection_with_a_pending_notification_is_checked_and_kept(pid, elsewhere):
    query("SELECT 'ours'")
    with connection.cursor() as cursor:
        cursor.execute("LISTEN kept")
    connection.close_if_unusable_or_obsolete()
    elsewhere.execute("NOTIFY kept")
    assert select.select([connection.connection.fileno()], [], [], TIMEOUT)[0]
    connection.close_if_health_check_failed()
    assert last_query(elsewhere, pid) == "SELECT 1"
    assert query("SELECT pg_backend_pid()") == pid
