"""A change log made by an older version works after an update."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from tests import builders

remake = import_module("hci_center.feed.migrations.0003_remake_older_log")
additional = import_module("hci_center.feed.migrations.0008_additional_kinds")
pytestmark = pytest.mark.django_db


def query(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def migrate():
    with connection.schema_editor() as editor:
        remake.remake_older_log(apps, editor)
        for name in additional.FILES:
            editor.execute((additional.SQL / name).read_text(), params=None)


def test_an_older_log_is_recreated_and_captures_what_follows():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM change_pend")
        cursor.execute("ALTER TABLE change_pend DROP COLUMN channel")
    migrate()
    contact = builders.make_contact(builders.make_manager())
    captured = query("SELECT external_id FROM change_pend WHERE kind = 'contact'")
    assert captured == [(contact.external_id,)]
    assert query("SELECT ev FROM change_stamp(100) WHERE kind = 'contact'") != []


def test_a_current_log_is_unchanged():
    builders.make_contact(builders.make_manager())
    before = query("SELECT count(*) FROM change_pend")
    migrate()
    assert query("SELECT count(*) FROM change_pend") == before != [(0,)]


def test_the_migration_of_additional_kinds_can_be_reversed():
    with connection.cursor() as cursor:
        # Rows of other tests would come first.
        cursor.execute("DELETE FROM change_pend")
    chat = builders.make_chat(builders.make_contact(builders.make_manager()))

    def lines():
        chat.contact.area = builders.make_area(chat.manager)
        chat.contact.save()
        return query("SELECT ev FROM change_stamp(100) WHERE kind = 'line'")

    assert lines() != []
    with connection.cursor() as cursor:
        cursor.execute(additional.WITHOUT)
    assert lines() == []
    migrate()
    assert lines() != []
