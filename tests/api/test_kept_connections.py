"""The database connection kept between requests, and when it is replaced."""

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
    """Another connection to the same database."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(
        **{name: parameters[name] for name in names if name in parameters},
        autocommit=True,
    ) as other:
        yield other


@pytest.fixture
def pid():
    """The backend's pid, with a health check due as at the beginning of a request."""
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


def test_one_that_lives_is_not_asked(pid, elsewhere):
    connection.close_if_health_check_failed()
    assert last_query(elsewhere, pid) == "SELECT 'ours'"
    assert query("SELECT pg_backend_pid()") == pid


def test_one_that_the_server_ended_is_replaced_before_it_is_used(pid, elsewhere):
    end(elsewhere, pid)
    assert query("SELECT pg_backend_pid()") != pid


def test_one_that_had_an_error_is_asked(pid, elsewhere):
    connection.errors_occurred = True
    connection.close_if_unusable_or_obsolete()
    assert last_query(elsewhere, pid) == "SELECT 1"
    assert query("SELECT pg_backend_pid()") == pid


def test_one_with_news_waiting_is_asked_and_kept(pid, elsewhere):
    query("SELECT 'ours'")
    with connection.cursor() as cursor:
        cursor.execute("LISTEN kept")
    connection.close_if_unusable_or_obsolete()
    elsewhere.execute("NOTIFY kept")
    assert select.select([connection.connection.fileno()], [], [], TIMEOUT)[0]
    connection.close_if_health_check_failed()
    assert last_query(elsewhere, pid) == "SELECT 1"
    assert query("SELECT pg_backend_pid()") == pid
