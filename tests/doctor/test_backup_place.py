"""doctor checks beforehand whether a backup could be made."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from django.utils import timezone

from hci_center.backups import postgres_programs
from hci_center.backups.models import Backup
from hci_center.doctor import backup_place, configuration
from tests.chats.files.conftest import bucket
from tests.chats.files.fake_bucket import NAME

__all__ = ["bucket"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(settings, monkeypatch, tmp_path):
    monkeypatch.delenv("HCI_BACKUP_DIR", raising=False)
    settings.BACKUP_AT, settings.BACKUP_DIR = time(3), tmp_path / "new" / "backups"
    settings.BACKUP_S3_BUCKET = ""


@pytest.fixture
def disk(monkeypatch):
    """Sets the free bytes of the disk."""

    def leave(free):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr(backup_place.shutil, "disk_usage", lambda _path: usage)

    return leave


def states():
    return [finding.state for finding in backup_place.place()]


def test_a_missing_folder_can_be_created(settings):
    assert states() == ["ok"]
    assert not settings.BACKUP_DIR.parent.exists()


def test_without_planned_backups_nothing_is_checked(settings, monkeypatch):
    settings.BACKUP_AT, settings.BACKUP_DIR = None, Path("/proc/nope")
    assert states() == []
    monkeypatch.setenv("HCI_BACKUP_DIR", "/proc/nope")
    assert states() == ["error"]


def test_a_folder_that_is_not_writable_is_an_error(settings, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (Path("/proc/nope"), tmp_path / "file" / "backups"):
        settings.BACKUP_DIR = folder
        [finding] = backup_place.place()
        assert finding.state == "error"
        assert str(folder) in finding.text


def test_a_disk_without_space_is_an_error(disk):
    disk(2**20)
    assert states() == ["warning"]
    now = timezone.now()
    Backup.objects.create(
        name="20261129T030000Z", place="x", began_at=now, ended_at=now, size=2**21
    )
    assert states() == ["error"]
    disk(2**22)
    assert states() == ["ok"]


def test_programs_of_another_version_are_an_error(monkeypatch):
    monkeypatch.setattr(postgres_programs, "_version_of", lambda _path: 9)
    found = list(backup_place.place())
    assert [finding.state for finding in found] == ["error", "error"]
    assert "pg_dump" in found[0].text
    assert "pg_restore" in found[1].text


def test_writing_to_a_bucket_is_checked(settings, bucket):
    settings.BACKUP_S3_BUCKET, settings.BACKUP_S3_ENDPOINT = NAME, bucket.url
    settings.BACKUP_S3_REGION = "sa-east-1"
    assert states() == ["ok"]
    assert not bucket.keys
    settings.BACKUP_S3_BUCKET = "another"
    [finding] = backup_place.place()
    assert finding.state == "error"
    assert "another" in finding.text


@pytest.mark.parametrize(
    ("networks", "does"),
    [
        (["0.0.0.0/0"], True),
        (["10.0.0.1", "::/0"], True),
        (["0.0.0.0/1", "128.0.0.0/1"], True),
        (["10.0.0.0/8", "fd00::/8"], False),
        ([], False),
    ],
)
def test_trusting_every_proxy_is_found(networks, does):
    assert configuration.trusts_everybody(networks) is does


def test_trusting_every_proxy_is_a_warning(settings):
    settings.TRUSTED_PROXIES = ["0.0.0.0/0"]
    found = [finding.text for finding in configuration.deployment()]
    assert any("HCI_TRUSTED_PROXIES" in text for text in found)
