"""manage.py reencrypt: HCI_TOKEN_KEYS are replaced while other processes write."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from chats.accounts.registry import webhook_path
from chats.models import GatewayAccount, ProfileFetch
from hci_center.encryption import (
    EncryptedTextField,
    decrypt,
    encrypt,
    encrypted_columns,
    is_newest,
)
from hci_center.local import reencryption
from managers.models import Manager, WebhookSecret
from tests.builders import make_contact, make_manager
from tests.local.conftest import new_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def rotate(settings):
    """Puts a newer key before the one that rows were encrypted with."""

    def rotated():
        settings.TOKEN_KEYS = [new_key(), *settings.TOKEN_KEYS]

    return rotated


def run(*options):
    out, err = StringIO(), StringIO()
    call_command("reencrypt", *options, stdout=out, stderr=err)
    return out.getvalue()


def stored():
    """Returns every encrypted value of the database, as stored."""
    values = []
    with connection.cursor() as cursor:
        for table, _, name, _ in encrypted_columns():
            cursor.execute(f"SELECT {name} FROM {table} WHERE {name} <> ''")  # noqa: S608
            values += [(table, name, value) for (value,) in cursor.fetchall()]
    return values


def write(manager, value, column="facebook_token"):
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE managers_manager SET {column} = %s WHERE id = %s",  # noqa: S608
            [value, manager.pk],
        )


@pytest.fixture
def centre(manager):
    manager.gateway_settings = '{"secret": "s"}'
    manager.save()
    GatewayAccount.objects.create(manager=manager, channel="whatsapp", qr="2@qr")
    ProfileFetch.objects.create(contact=make_contact(manager), link="https://x/y")
    webhook_path("evolution", manager.pk)
    return manager


def test_every_column_is_encrypted_with_the_newest_key(centre, rotate, settings):
    before = stored()
    assert {name for _, name, _ in before} >= {
        "facebook_token",
        "gateway_settings",
        "secret",
        "qr",
        "link",
    }
    plain = sorted(decrypt(value) for *_, value in before)
    rotate()
    assert "the others can go" in run()
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    assert sorted(decrypt(value) for *_, value in stored()) == plain
    call_command("reencrypt", stdout=StringIO())


def test_it_finds_every_encrypted_column():
    """Also those of future models, because it reads the models and not a list."""
    columns = {(table, name) for table, _, name, _ in encrypted_columns()}
    assert ("chats_delivery", "token") in columns
    assert ("chats_mediafetch", "media") in columns
    fields = [
        field
        for model in (Manager, WebhookSecret)
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField)
    ]
    assert len(fields) == 3


def test_a_second_run_changes_nothing(centre, rotate):
    rotate()
    run()
    done = stored()
    run()
    assert stored() == done


def test_an_interrupted_run_can_be_continued(rotate, monkeypatch):
    for _ in range(5):
        make_manager()
    rotate()
    monkeypatch.setattr(reencryption, "BATCH", 2)
    replace, calls = reencryption._replace, []

    def dies_at_the_second(column, rows):
        calls.append(rows)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return replace(column, rows)

    monkeypatch.setattr(reencryption, "_replace", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(reencryption, "_replace", replace)
    assert [is_newest(value) for *_, value in stored()].count(True) == 2
    run()
    assert all(is_newest(value) for *_, value in stored())


def test_a_value_written_meanwhile_is_not_overwritten(manager, rotate, monkeypatch):
    rotate()
    replace = reencryption._replace

    def written_just_before(column, rows):
        if column.name == "facebook_token":
            write(manager, encrypt("given meanwhile"))
        return replace(column, rows)

    monkeypatch.setattr(reencryption, "_replace", written_just_before)
    run()
    manager.refresh_from_db()
    assert manager.facebook_token == "given meanwhile"


def test_values_written_later_with_the_old_key_are_found(
    manager, rotate, settings, monkeypatch
):
    old_value = encrypt("written with the old key")
    rotate()
    batches, passes = reencryption._batches, []

    def then_somebody_writes(column):
        yield from batches(column)
        if column.name == "facebook_token" and not passes:
            passes.append(1)
            write(manager, old_value)

    monkeypatch.setattr(reencryption, "_batches", then_somebody_writes)
    run()
    settings.TOKEN_KEYS = settings.TOKEN_KEYS[:1]
    manager.refresh_from_db()
    assert manager.facebook_token == "written with the old key"


@pytest.mark.django_db(transaction=True)
def test_a_locked_row_is_retried(manager, rotate, monkeypatch):
    rotate()
    other = connections.create_connection("default")
    passes = []
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM managers_manager FOR UPDATE")

        def let_go(_seconds):
            passes.append(1)
            other.rollback()

        monkeypatch.setattr(reencryption.time, "sleep", let_go)
        run()
    finally:
        other.close()
    assert passes
    assert all(is_newest(value) for *_, value in stored())


@pytest.mark.django_db(transaction=True)
def test_a_row_that_stays_locked_is_reported_as_needing_the_old_key(
    manager, rotate, monkeypatch
):
    monkeypatch.setattr(reencryption, "PAUSE", 0)
    monkeypatch.setattr(reencryption, "MOST_PASSES", 2)
    rotate()
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM managers_manager FOR UPDATE")
        with pytest.raises(CommandError, match="keep all keys"):
            run()
    finally:
        other.close()


# Undecryptable values


def test_an_undecryptable_value_is_reported_and_others_are_reencrypted(
    manager, other_manager, rotate
):
    rotate()
    write(manager, "spoilt")
    with pytest.raises(CommandError, match="1 values could not be read"):
        run()
    other_manager.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT facebook_token FROM managers_manager WHERE id = %s",
            [other_manager.pk],
        )
        assert is_newest(cursor.fetchone()[0])


def test_values_of_lost_keys_can_be_deleted(centre, settings):
    run()
    settings.TOKEN_KEYS = [new_key()]
    with pytest.raises(Exception, match="HCI_TOKEN_KEYS"):
        run()
    assert "were cleared" in run("--clear-unreadable")
    centre.refresh_from_db()
    assert (centre.facebook_token, centre.gateway_settings) == ("", "")
    # A webhook needs a secret, so a new one is created.
    assert not WebhookSecret.objects.exists()
    assert webhook_path("evolution", centre.pk)
    run()
