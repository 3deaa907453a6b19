"""Every wait for the database ends, by timeouts of the server or of ours."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from hci_center.database import timeouts
from hci_center.database.connections import (
    BoundedConnection,
    NoAnswerError,
    Outage,
    bounded,
    outage,
)
from hci_center.database.timeouts import Timeouts, other_timeouts, use_role
from hci_center.local import command_line

pytestmark = pytest.mark.django_db(transaction=True)

COMMANDS_OF_CHATS = "chats.management.commands"
COMMANDS_OF_FEED = "hci_center.feed.management.commands"
NAMES = ("host", "port", "user", "password", "dbname")


@pytest.fixture
def elsewhere():
    """Returns another connection to the same database."""
    given = connection.get_connection_params()
    known = {name: given[name] for name in NAMES if name in given}
    with psycopg.connect(**known) as other:
        yield other


@contextmanager
def role(name):
    before = timeouts._role
    use_role(name)
    try:
        yield
    finally:
        timeouts._role = before


def shown(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("name", "statement", "lock", "idle"),
    [
        ("web", "5s", "2s", "10s"),
        ("feed", "5s", "2s", "10s"),
        ("relay", "20s", "2s", "10s"),
        ("worker", "10s", "5s", "30s"),
        ("command", "1h", "5s", "10min"),
    ],
)
def test_each_kind_of_process_has_its_own_timeouts(name, statement, lock, idle):
    connection.close()
    try:
        with role(name):
            assert shown("statement_timeout") == statement
            assert shown("lock_timeout") == lock
            assert shown("idle_in_transaction_session_timeout") == idle
            assert connection.connection.answer_timeout == timeouts.timeouts().answer
    finally:
        connection.close()


class StartedError(Exception):
    """The command has begun its work."""


@pytest.mark.parametrize(
    ("command", "work", "name"),
    [
        ("deliver_messages", f"{COMMANDS_OF_CHATS}.deliver_messages.Worker", "worker"),
        ("serve_feed", f"{COMMANDS_OF_FEED}.serve_feed.serve", "feed"),
        ("relay_changes", f"{COMMANDS_OF_FEED}.relay_changes.Relay", "relay"),
    ],
)
def test_a_long_running_command_has_its_role(monkeypatch, command, work, name):
    roles = []

    def begin(*_args):
        roles.append(timeouts._role)
        raise StartedError

    monkeypatch.setattr(work, begin)
    with role("command"), pytest.raises(StartedError):
        call_command(command)
    assert roles == [name]


def test_any_other_command_has_the_role_of_commands(monkeypatch):
    roles = []
    monkeypatch.setattr(
        command_line,
        "execute_from_command_line",
        lambda _arguments: roles.append(timeouts._role),
    )
    with role("web"):
        command_line.execute(["manage.py", "migrate"])
    assert roles == ["command"]


def test_options_of_the_connection_string_are_kept():
    given = bounded({"options": "-c search_path=attic", "connect_timeout": 9})
    assert given["options"].startswith("-c search_path=attic -c statement_timeout=")
    assert given["connect_timeout"] == 9


def test_no_statement_is_compiled_before_it_runs():
    assert shown("jit") == "off"


def test_a_statement_without_a_response_is_given_up(elsewhere):
    """The server's own timeout is far away, as if the server were frozen."""
    parameters = bounded(connection.get_connection_params())
    waiting = BoundedConnection.connect(**parameters)
    waiting.answer_timeout = 0.1
    left_behind = waiting.info.backend_pid
    with pytest.raises(NoAnswerError):
        waiting.execute("SELECT pg_sleep(60)")
    assert waiting.closed
    assert outage.is_on
    connection.close()
    connection.ensure_connection()
    assert not outage.is_on
    elsewhere.execute("SELECT pg_terminate_backend(%s)", [left_behind])


def test_a_kept_connection_is_not_trusted_in_an_outage():
    connection.ensure_connection()
    assert connection.is_usable()
    outage.begin()
    try:
        assert not connection.is_usable()
    finally:
        connection.close()
        connection.ensure_connection()


def test_one_thread_at_a_time_connects_to_an_unresponsive_server(monkeypatch):
    ours = Outage()
    ours.begin()
    with ours._trying, pytest.raises(NoAnswerError):
        ours.connect({})
    made = ours.connect(bounded(connection.get_connection_params()))
    assert not ours.is_on
    made.close()


def test_other_timeouts_end_with_their_block():
    before = shown("statement_timeout")
    with other_timeouts(connection, Timeouts(0, 0, 0)):
        assert shown("statement_timeout") == "0"
        assert connection.connection.answer_timeout is None
    assert shown("statement_timeout") == before
    assert connection.connection.answer_timeout is not None


def test_a_call_that_waits_for_a_lock_is_a_503(api, contact, elsewhere):
    elsewhere.execute("SELECT FROM contacts_contact FOR UPDATE")
    with other_timeouts(connection, Timeouts(60, 0.05, 60)):
        answer = increase(api, contact)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0
    elsewhere.rollback()
    assert increase(api, contact).status_code == 200


def test_a_call_whose_statement_takes_too_long_is_a_503(
    api, contact, elsewhere, caplog
):
    elsewhere.execute("SELECT FROM contacts_contact FOR UPDATE")
    with other_timeouts(connection, Timeouts(0.05, 0, 60)):
        answer = increase(api, contact)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0
    assert "statement timeout (57014) at " in caplog.text


def test_a_call_with_an_unresponsive_server_is_a_503(api, contact, elsewhere):
    elsewhere.execute("SELECT FROM contacts_contact FOR UPDATE")
    with other_timeouts(connection, Timeouts(60, 0, 60)):
        connection.connection.answer_timeout = 0.1
        answer = increase(api, contact)
    assert answer.status_code == 503
    elsewhere.rollback()
    # As at the beginning of a request to the server.
    connection.close_if_unusable_or_obsolete()
    assert increase(api, contact).status_code == 200


def test_a_page_whose_statement_takes_too_long_is_a_503(supervisor, client, elsewhere):
    client.force_login(supervisor)
    client.raise_request_exception = False
    elsewhere.execute("LOCK chats_chat")
    with other_timeouts(connection, Timeouts(60, 0.05, 60)):
        answer = client.get("/admin/")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0


def increase(api, contact):
    fields = {"number": contact.manager.number, "contactId": contact.public_id}
    return api.put("/api/user/contact/sa/increase", fields)


def test_an_error_without_a_response_is_operational():
    with pytest.raises(OperationalError), connection.wrap_database_errors:
        raise NoAnswerError
