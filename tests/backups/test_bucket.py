"""Backups in a bucket, and backups of files in a bucket."""

from __future__ import annotations

from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage

from chats.files.storage import write_file
from hci_center.backups.checking import check_backup
from hci_center.backups.encryption import Key, new_key
from hci_center.backups.errors import BackupError
from hci_center.backups.folder import Folder
from hci_center.backups.making import Wishes, make_backup
from hci_center.backups.manifests import read_manifest
from hci_center.backups.models import Backup
from hci_center.backups.places import open_target
from hci_center.backups.restoring import restore_files
from tests.chats.files.conftest import bucket, upload_local
from tests.chats.files.fake_bucket import NAME

__all__ = ["bucket", "upload_local"]

pytestmark = pytest.mark.django_db(transaction=True)


def say(_text):
    pass


@pytest.fixture
def target(bucket, settings):
    """Returns the files' bucket, with a folder of its own for backups."""
    settings.BACKUP_S3_BUCKET, settings.BACKUP_S3_ENDPOINT = NAME, bucket.url
    settings.BACKUP_S3_REGION, settings.BACKUP_S3_FOLDER = "sa-east-1", "kept"
    return open_target()


@pytest.mark.usefixtures("data")
def test_a_backup_in_a_bucket_is_written_read_and_removed(bucket, target):
    write_file(uuid4(), BytesIO(b"a file"))
    key = Key(new_key())
    made = make_backup(Wishes(target, key, keep=1), say)
    assert target.names() == [made.name]
    assert f"kept/{made.name}/manifest.json" in bucket.keys
    assert target.place == f"s3://{NAME}/kept/"
    manifest = check_backup(target, made.name, key, say)
    assert (manifest.files.count, manifest.files.copied) == (1, 1)
    dump = f"kept/{made.name}/database.dump.age"
    content = bucket.keys[dump]
    bucket.keys[dump] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(BackupError, match="was changed"):
        check_backup(target, made.name, key, say)
    target.remove(made.name)
    assert target.names() == []
    assert not [each for each in bucket.keys if each.startswith("kept/2")]


@pytest.mark.usefixtures("data")
def test_an_unfinished_backup_in_the_bucket_is_not_listed(bucket, target):
    name = "20260101T000000Z"
    open_target().write(name, "database.dump", lambda file: file.write(b"half"))
    assert f"kept/{name}/database.dump" in bucket.keys
    assert target.names() == []
    make_backup(Wishes(target, None, keep=1), say)
    assert f"kept/{name}/database.dump" not in bucket.keys


@pytest.mark.usefixtures("data")
def test_an_unavailable_bucket_is_reported(bucket, target, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    bucket.is_away = True
    with pytest.raises(BackupError, match="the bucket answers 503"):
        make_backup(Wishes(target, None, keep=1), say)
    assert "503" in Backup.objects.get().error


@pytest.mark.usefixtures("data")
def test_files_in_a_bucket_are_listed_or_copied(bucket, upload_local, tmp_path):
    name = write_file(uuid4(), BytesIO(b"a file"))
    upload_local()
    waiting = write_file(uuid4(), BytesIO(b"waits here"))
    target = Folder(tmp_path / "backups")
    made = make_backup(Wishes(target, None, keep=2), say)
    files = read_manifest(target, made.name, None).files
    assert (files.count, files.copied, files.bucket) == (2, 1, f"{NAME}/centre/files")
    copied = make_backup(Wishes(target, None, keep=2, copy_bucket=True), say)
    manifest = read_manifest(target, copied.name, None)
    assert (manifest.files.copied, manifest.files.new) == (2, 1)
    default_storage.delete(name)
    default_storage.delete(waiting)
    said = []
    restore_files(target, manifest, None, said.append)
    with default_storage.open(name) as file:
        assert file.read() == b"a file"
    assert said == ["Files put back: 2 of 2"]
    default_storage.delete(name)
    restore_files(target, read_manifest(target, made.name, None), None, said.append)
    assert said[1] == "Files put back: 0 of 2"
    assert said[2].startswith("Files that are not in the bucket any more: 1")
