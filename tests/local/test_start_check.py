"""Starting on a database that does not match the code."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hci_center.database import pooler
from hci_center.database.base import DatabaseWrapper
from hci_center.local.start_check import check_migrations, check_start, start_checked

pytestmark = pytest.mark.django_db


def forget_migration(name):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = %s", [name])


def set_timeout(value):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [value])


def test_a_migrated_database_is_accepted():
    check_start(lambda _said: None)


def test_a_missing_migration_is_named():
    forget_migration("0001_secret_proof")
    with pytest.raises(
        ImproperlyConfigured, match=r"1 migrations .*local\.0001_secret"
    ):
        check_migrations()


def test_a_process_without_its_migration_ends_with_2(capsys):
    forget_migration("0001_secret_proof")
    with pytest.raises(SystemExit) as ended:
        start_checked()
    assert ended.value.code == 2
    assert "run manage.py migrate first" in capsys.readouterr().err


def test_a_database_migrated_by_a_newer_version_is_accepted():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('chats', '9999_of_tomorrow', now())"
        )
    check_migrations()


def test_a_connection_without_a_session_is_refused():
    set_timeout("1234ms")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL leads to a pooler"):
        pooler.check_session()


def test_a_pooler_needs_the_timeouts_set_for_its_role(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "POOLED", True)
    set_timeout("3s")
    pooler.check_session()
    set_timeout("0")
    with pytest.raises(ImproperlyConfigured, match=r"ALTER ROLE .* statement_timeout"):
        pooler.check_session()


def test_the_web_process_behind_a_pooler_uses_no_session_state(monkeypatch, settings):
    monkeypatch.setattr(
        pooler.connections, "settings", {"default": dict(connection.settings_dict)}
    )
    settings.WEB_DATABASE_URL = "postgres://web@pooler:6432/hci"
    settings.WEB_DATABASE = {
        "NAME": "hci",
        "USER": "web",
        "PASSWORD": "",
        "HOST": "pooler",
        "PORT": 6432,
    }
    pooler.use_pooler()
    backend = DatabaseWrapper(pooler.connections.settings["default"])
    parameters = backend.get_connection_params()
    assert (parameters["host"], parameters["user"]) == ("pooler", "web")
    assert parameters["prepare_threshold"] is None
    assert "options" not in parameters
    assert backend.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
