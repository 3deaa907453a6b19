"""Restoring a backup made under load: complete, but without logins and temporary rows."""

from __future__ import annotations

import json
import re
import subprocess
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from areas.models import LoginSession
from chats.models import Attachment, Chat, Delivery, Message
from contacts.models import Contact
from hci_center.audit.models import AuditLine
from hci_center.backups.checking import check_backup
from hci_center.backups.encryption import Key, new_key
from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.manifests import opened, read_manifest
from hci_center.backups.postgres_programs import find_program
from hci_center.backups.restoring import Choices, restore_backup
from hci_center.backups.snapshots import LEFT_OUT
from hci_center.backups.streams import copy
from hci_center.privacy import tombstones
from hci_center.privacy.marks import aliases_of, mark
from hci_center.privacy.models import Tombstone
from tests.backups.conftest import CONTENT, SESSION, WORDS


def say(_text):
    pass


def restore(made, **choices):
    return restore_backup(made.target, made.name, made.key, Choices(**choices), say)


def refusal(made, key=None, **choices):
    with pytest.raises(BackupError) as refused:
        restore_backup(made.target, made.name, key or made.key, Choices(**choices), say)
    return str(refused.value)


@pytest.mark.usefixtures("new_database")
def test_a_restored_backup_is_complete_and_passes_all_checks(made):
    manifest = read_manifest(made.target, made.name, made.key)
    assert made.written_meanwhile > 10
    findings = restore(made)
    assert [each for each in findings if each.is_broken] == []
    assert {each.code for each in findings} >= {
        "L1",
        "M1",
        "D1",
        "R1",
        "R4",
        "R5",
        "F1",
    }
    assert Message.objects.count() == manifest.rows["chats_message"]
    assert 2 < Message.objects.count() <= made.written_meanwhile + 2
    attachment = Attachment.objects.get()
    with default_storage.open(attachment.file.name) as file:
        assert file.read() == CONTENT
    line = AuditLine.objects.get(act="restore", kind="backup")
    assert line.target == made.name
    assert "not empty" in refusal(made)


@pytest.mark.usefixtures("new_database")
def test_queued_messages_are_not_sent_again(made):
    restore(made)
    message = Message.objects.get(content="Hello")
    assert message.status == "failed"
    assert "may have been sent" in message.error
    assert Delivery.objects.filter(done_at=None).count() == 0


@pytest.mark.usefixtures("new_database")
def test_queued_messages_are_sent_if_requested(made):
    restore(made, send_waiting=True)
    assert Message.objects.get(content="Hello").status == "wait"


@pytest.mark.usefixtures("new_database")
def test_login_sessions_end_and_clients_get_a_reset(made, tmp_path):
    manifest = read_manifest(made.target, made.name, made.key)
    dump = tmp_path / "database.dump"
    with (
        dump.open("wb") as file,
        opened(made.target, manifest, "database.dump", made.key) as source,
    ):
        copy(source, file)
    program = find_program("pg_restore")
    text = subprocess.run([program, "-f", "-", dump], capture_output=True, check=True)
    assert WORDS.encode() in text.stdout
    for table in (
        "django_session",
        "feed_ticket",
        "areas_loginsession",
        "areas_signinfailure",
        "change_pend",
        "feed_open_sockets",
    ):
        assert f"COPY public.{table} ".encode() not in text.stdout
    assert SESSION.encode() not in text.stdout
    restore(made)
    assert Session.objects.count() == LoginSession.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch, seq FROM change_head")
        before = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM change_stamp(1000)")
        cursor.execute("SELECT epoch, seq FROM change_head")
        after = cursor.fetchone()
    assert after[0] != before[0]
    assert after[1] > before[1]


@pytest.mark.usefixtures("new_database")
def test_persons_erased_since_the_backup_are_erased_again(made):
    # As on the machine of the erasure, whose file of erasures was kept.
    restore(made)
    contact = Contact.objects.get(pk=made.contact_id)
    marks = [
        mark(contact.manager_id, contact.channel, alias)
        for alias in aliases_of(contact)
    ]
    at = contact.created_at.replace(year=contact.created_at.year + 1)
    tombstones.write(
        [Tombstone(at=at, certificate="C", manager_id=contact.manager_id, marks=marks)]
    )
    connection.close()
    restore(made, replace=True)
    contact.refresh_from_db()
    assert contact.name == "Pessoa apagada"
    assert not Message.objects.filter(content=WORDS).exists()
    assert not Attachment.objects.exists()
    assert Chat.objects.filter(contact=contact).exists()


@pytest.mark.usefixtures("new_database")
def test_a_failed_restore_keeps_the_existing_database(made, monkeypatch):
    restore(made)
    Contact.objects.update(name="Newer")
    connection.close()
    monkeypatch.setattr("hci_center.backups.restoring.restore_files", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        restore(made, replace=True)
    assert Contact.objects.get().name == "Newer"


@pytest.mark.usefixtures("new_database")
def test_a_different_secret_is_refused_by_name(made, settings):
    secret = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-of-forty-characters-length"
    assert refusal(made).startswith("HCI_SECRET_KEY is not the one")
    settings.SECRET_KEY_FALLBACKS = [secret]
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert refusal(made).startswith("HCI_TOKEN_KEYS lacks a key")
    settings.TOKEN_KEYS = []
    assert "here none" in refusal(made)
    settings.SECRET_KEY = ""
    assert refusal(made).startswith("HCI_SECRET_KEY is not set")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('chats_message')")
        assert cursor.fetchone() == (None,)


def test_a_backup_of_a_newer_version_is_refused(made, new_database):
    manifest = read_manifest(made.target, made.name, made.key)
    newer = {**manifest.migrations, "chats": ["9999_tomorrow"]}
    copied = clone(made, new_database)
    seal_again(copied, manifest, migrations=newer)
    assert "chats.9999_tomorrow" in refusal(copied)
    seal_again(copied, manifest, server=99)
    assert "restore it into 99 or newer" in refusal(copied)


def test_a_wrong_or_missing_key_is_refused(made):
    with pytest.raises(BackupError, match="another key"):
        check_backup(made.target, made.name, Key(new_key()), say)
    with pytest.raises(BackupError, match="set HCI_BACKUP_KEY"):
        check_backup(made.target, made.name, None, say)
    with pytest.raises(BackupError, match="no key of age"):
        Key("no key")


@pytest.mark.parametrize(
    "part", ["manifest.json", "database.dump.age", "files.jsonl.age", "pool"]
)
def test_a_flipped_byte_is_refused(made, part, tmp_path):
    path = made.target.path / made.name / part
    if part == "pool":
        [path] = made.target.path.glob("files-*/*/*")
    content = path.read_bytes()
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    path.write_bytes(changed)
    try:
        with pytest.raises(BackupError, match=r"was changed|cannot be decrypted"):
            check_backup(made.target, made.name, made.key, say)
    finally:
        path.write_bytes(content)


def test_a_missing_part_or_file_is_refused(made):
    [pooled] = made.target.path.glob("files-*/*/*")
    for path in (pooled, made.target.path / made.name / "database.dump.age"):
        away = path.with_name("away")
        path.rename(away)
        try:
            with pytest.raises(BackupError, match="is missing"):
                check_backup(made.target, made.name, made.key, say)
        finally:
            away.rename(path)


@pytest.mark.usefixtures("new_database")
def test_without_a_terminal_the_option_yes_is_required(made, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO())
    path = str(made.target.path / made.name)
    with pytest.raises(CommandError, match="--yes"):
        call_command("restore", path, replace=True, language="en")


@pytest.mark.django_db
def test_tables_of_logins_and_throttles_are_excluded():
    pattern = re.compile("django_session|ticket|_pace|rate|throttle|signin|login")
    tables = set(connection.introspection.table_names())
    found = {name for name in tables if pattern.search(name)}
    assert {"django_session", "feed_ticket", "change_pace"} <= found
    assert found <= set(LEFT_OUT)
    assert set(LEFT_OUT) <= tables


def test_a_backup_contains_no_secret(made, settings):
    everything = b"".join(
        path.read_bytes() for path in made.target.path.rglob("*") if path.is_file()
    )
    assert made.name.encode() in everything
    for secret in (settings.SECRET_KEY, *settings.TOKEN_KEYS, WORDS, CONTENT.decode()):
        assert secret.encode() not in everything


def clone(made, name):
    """Returns a copy of the backup whose manifest may be changed."""
    target = Folder(made.target.path.with_name(f"clone-{name}"))
    subprocess.run(["cp", "-rp", made.target.path, target.path], check=True)
    return made._replace(target=target)


def seal_again(made, manifest, **changed):
    from dataclasses import replace

    other = replace(manifest, **changed)
    path = made.target.path / made.name / "manifest.json"
    path.write_bytes(other.encode(made.key))
    assert json.loads(path.read_text())["seal"]
