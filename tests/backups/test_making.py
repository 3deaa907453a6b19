"""A backup exists completely or not at all; files are copied once, old backups deleted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from io import BytesIO
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection

from chats.files.storage import remove_file, write_file
from hci_center.backups.checking import check_backup
from hci_center.backups.connections import connect
from hci_center.backups.encryption import Key, new_key
from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.making import Wishes, make_backup
from hci_center.backups.manifests import read_manifest
from hci_center.backups.models import Backup
from hci_center.backups.rehearsal import rehearse
from tests import builders
from tests.feed.processes import database_url

pytestmark = pytest.mark.django_db(transaction=True)


def say(_text):
    pass


@pytest.fixture
def target(tmp_path):
    return Folder(tmp_path / "backups")


def stored(content):
    return write_file(uuid4(), BytesIO(content))


def pooled(target):
    return {path.name for path in target.path.glob("files*/*/*")}


@pytest.mark.usefixtures("data")
def test_a_file_is_copied_once_and_removed_with_its_last_backup(target):
    first, second = stored(b"one" * 999), stored(b"two")
    assert make_backup(Wishes(target, None, keep=2), say).new_files == 2
    inode = next(target.path.glob("files/*/*")).stat().st_ino
    remove_file(first)
    third = stored(b"three")
    made = make_backup(Wishes(target, None, keep=2), say)
    assert (made.files, made.new_files) == (2, 1)
    assert inode in {path.stat().st_ino for path in target.path.glob("files/*/*")}
    assert pooled(target) == {each.partition("/")[2] for each in (first, second, third)}
    last = make_backup(Wishes(target, None, keep=2), say)
    assert target.names() == [made.name, last.name]
    assert pooled(target) == {each.partition("/")[2] for each in (second, third)}
    check_backup(target, last.name, None, say)
    assert all(path.stat().st_mode & 0o77 == 0 for path in target.path.rglob("*"))


@pytest.mark.usefixtures("data")
def test_with_another_key_all_files_are_copied_again(target):
    stored(b"one")
    keys = [Key(new_key()), Key(new_key()), None]
    for key in keys:
        made = make_backup(Wishes(target, key, keep=1), say)
        assert made.new_files == 1
        check_backup(target, made.name, key, say)
    assert target.names() == [made.name]
    assert target.pools() == ["files"]


@pytest.mark.usefixtures("data")
def test_a_failed_dump_leaves_nothing_and_reports_the_reason(
    target, tmp_path, monkeypatch
):
    program = tmp_path / "pg_dump"
    program.write_text(
        "#!/bin/sh\necho half of a dump\n"
        "echo 'pg_dump: error: no luck' >&2\necho 'DETAIL:  a name' >&2\nexit 3\n"
    )
    program.chmod(0o755)
    find = "hci_center.backups.postgres_programs.find_program"
    monkeypatch.setattr(find, lambda *_: program)
    for key in (None, Key(new_key())):
        with pytest.raises(
            BackupError, match=r"pg_dump failed: pg_dump: error: no luck$"
        ):
            make_backup(Wishes(target, key, keep=2), say)
        row = Backup.objects.get()
        assert row.error.endswith("no luck")
        assert list(target.path.rglob("*")) == []
        row.delete()


@pytest.mark.usefixtures("data")
def test_a_missing_pg_dump_is_reported_with_the_package_to_install(target, monkeypatch):
    monkeypatch.setattr(
        "hci_center.backups.postgres_programs.server_version", lambda: 99
    )
    with pytest.raises(BackupError, match="install postgresql-client-99"):
        make_backup(Wishes(target, None, keep=2), say)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.usefixtures("data")
def test_a_killed_process_leaves_no_backup(target, number):
    builders.make_bakery()
    with connect() as database:
        # pg_dump waits for it.
        database.execute("LOCK TABLE chats_message IN ACCESS EXCLUSIVE MODE")
        process = start(target)
        wait_for(lambda: list(target.path.glob(".unfinished-*/database.dump")))
        with pytest.raises(BackupError, match="made already"):
            make_backup(Wishes(target, None, keep=2), say)
        process.send_signal(number)
        process.wait(30)
        assert target.names() == []
    error = Backup.objects.get().error
    assert error == ("" if number == signal.SIGKILL else "Foi interrompido.")
    wait_for(lambda: not dumping())
    assert make_backup(Wishes(target, None, keep=2), say).name in target.names()
    assert list(target.path.glob(".unfinished-*")) == []


def start(target):
    return subprocess.Popen(
        [sys.executable, "manage.py", "backup", "--to", target.path],
        cwd=django_settings.BASE_DIR,
        env=os.environ
        | {
            "DATABASE_URL": database_url(connection.settings_dict),
            "HCI_BACKUP_KEY": "",
        },
        stdout=subprocess.DEVNULL,
    )


def dumping():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE application_name = 'pg_dump' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def wait_for(truth):
    deadline = time.monotonic() + 60
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.usefixtures("data")
def test_a_test_restore_finds_errors_and_drops_its_database(target):
    chat = builders.make_chat(builders.make_contact(builders.make_bakery()))
    builders.make_message(chat, direction="out", status="wait")
    backup = make_backup(Wishes(target, None, keep=2), say)
    rehearse(target, backup, None, say)
    assert backup.rehearsal == "failed"
    assert backup.rehearsal_error.startswith("D1 ")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE '%rehearsal'"
        )
        assert cursor.fetchall() == []
    manifest = read_manifest(target, backup.name, None)
    assert manifest.rows["chats_message"] == 1
