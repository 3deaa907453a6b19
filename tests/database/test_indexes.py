"""Building indexes concurrently: interrupted, retried, and waiting for transactions."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.migrations.state import ProjectState

from hci_center.database.indexes import BuildIndexConcurrently
from hci_center.reports.models import DirtyDay
from tests.feed.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "tried_index"
TABLE = DirtyDay._meta.db_table


@pytest.fixture(autouse=True)
def dropped(transactional_db: None) -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {NAME}")


def build() -> None:
    operation = BuildIndexConcurrently(
        "dirtyday", models.Index(fields=["day"], name=NAME)
    )
    state = ProjectState.from_apps(apps)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("reports", editor, state, state)


def asked(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def definition() -> Any:
    index = f"'{NAME}'::regclass"
    assert asked(f"SELECT indisvalid FROM pg_index WHERE indexrelid = {index}")  # noqa: S608
    return asked(f"SELECT pg_get_indexdef('{NAME}'::regclass)")


def test_an_interrupted_index_is_built_again() -> None:
    for _ in range(2):
        DirtyDay.objects.create(manager_id=1, day="2025-01-01")
    with connection.cursor() as cursor, pytest.raises(Exception, match="duplicate"):
        # It ends early, and leaves an invalid index.
        cursor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON {TABLE} (day)")
    assert asked(f"SELECT to_regclass('{NAME}')") is not None
    build()
    assert definition() == f"CREATE INDEX {NAME} ON public.{TABLE} USING btree (day)"


def test_an_existing_index_is_kept() -> None:
    build()
    before = asked(f"SELECT '{NAME}'::regclass::oid")
    build()
    assert asked(f"SELECT '{NAME}'::regclass::oid") == before


def test_it_waits_for_other_transactions() -> None:
    address = database_url(
        {**settings.DATABASES["default"], **connection.settings_dict}
    )
    with connection.cursor() as cursor, psycopg.connect(address) as other:
        cursor.execute("SET lock_timeout = '50ms'")
        other.execute(f"INSERT INTO {TABLE} (manager_id, day) VALUES (1, now())")  # noqa: S608

        def end() -> None:
            time.sleep(0.5)
            other.rollback()

        ending = threading.Thread(target=end)
        ending.start()
        build()
        ending.join()
    assert "(day)" in definition()
    assert asked("SHOW lock_timeout") == "50ms"
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


def test_migrations_use_only_this_operation() -> None:
    """Django's own cannot be applied again after a lock timeout."""
    found = [
        path
        for path in settings.BASE_DIR.glob("*/**/migrations/*.py")
        if ".venv" not in path.parts and "AddIndexConcurrently" in path.read_text()
    ]
    assert found == []
