"""Starting on a machine without access to the files of its database."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from hci_center.local import paths
from hci_center.local.file_store import check_file_store
from hci_center.local.models import SecretProof
from hci_center.local.start_check import start_checked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def elsewhere(settings, db):
    """Makes the database an external one that has no store yet."""
    settings.DATABASE_URL = "postgres://hci@elsewhere/hci"
    SecretProof.objects.filter(name="file_store").delete()


def test_the_first_machine_marks_its_folder_and_keeps_using_it(settings):
    check_file_store()
    check_file_store()
    assert (settings.MEDIA_ROOT / ".store").read_text()


def test_a_second_machine_needs_the_same_folder(settings, tmp_path):
    check_file_store()
    first, settings.MEDIA_ROOT = settings.MEDIA_ROOT, tmp_path / "own"
    with pytest.raises(ImproperlyConfigured, match="every machine needs the same"):
        check_file_store()
    assert not (tmp_path / "own" / ".store").exists()
    settings.MEDIA_ROOT = tmp_path / "mounted"
    settings.MEDIA_ROOT.symlink_to(first)
    check_file_store()


def test_a_web_or_worker_without_the_files_ends_with_2(settings, tmp_path, capsys):
    check_file_store()
    settings.MEDIA_ROOT = tmp_path / "own"
    start_checked()
    with pytest.raises(SystemExit) as ended:
        start_checked(files=True)
    assert ended.value.code == 2
    assert "are not in" in capsys.readouterr().err


def test_another_bucket_is_refused(settings):
    settings.S3_BUCKET = "files"
    check_file_store()
    settings.S3_ENDPOINT = "https://other.example"
    with pytest.raises(ImproperlyConfigured, match="HCI_S3_BUCKET"):
        check_file_store()


def test_a_command_accepts_moved_files(settings, tmp_path):
    check_file_store()
    settings.MEDIA_ROOT = tmp_path / "restored"
    call_command("take_file_store")
    check_file_store()


def test_the_embedded_database_uses_the_folder_of_the_installation(settings, tmp_path):
    check_file_store()
    settings.DATABASE_URL = paths.database_url()
    settings.MEDIA_ROOT = tmp_path / "lost"
    check_file_store()
