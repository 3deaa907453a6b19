"""Files without a row are deleted, and no file that is still needed."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest

from chats.files.storage import sweep_orphans
from chats.models import Attachment, Portrait
from tests.chats.files import sample_files
from tests.chats.files.sample_files import data_uri


@pytest.fixture
def media(settings):
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def kept(api, contact, media):
    """Returns a stored file, old enough to be deleted if it had no row."""
    body = {
        "managerNumber": 5511400011111,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "base64": data_uri(sample_files.PDF, "application/pdf"),
    }
    assert api.post("/api/chat/message/send", body).status_code == 200
    (path,) = (path for path in media.rglob("*") if path.is_file())
    return aged(path)


def aged(path, seconds=2 * 60 * 60):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"x")
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def orphan(media, **age):
    name = uuid.uuid4().hex
    return aged(media / name[:2] / name, **age)


def test_an_old_file_without_a_row_is_deleted(kept, media):
    old, fresh = orphan(media), orphan(media, seconds=60)
    assert sweep_orphans() == 1
    assert not old.exists()
    assert fresh.exists()
    assert kept.exists()
    assert sweep_orphans() == 0


def test_a_file_is_deleted_after_its_row(kept):
    Attachment.objects.all().delete()
    assert sweep_orphans() == 1
    assert not kept.exists()


def test_a_customer_s_picture_is_kept(contact, media):
    path = orphan(media)
    Portrait.objects.create(uuid=path.name, contact=contact, file=path.name)
    assert sweep_orphans() == 0
    Portrait.objects.all().delete()
    assert sweep_orphans() == 1


def test_files_of_other_programs_are_kept(kept, media):
    strangers = [aged(media / "readme.txt"), aged(media / "aa" / "notes.txt")]
    assert sweep_orphans() == 0
    assert all(path.exists() for path in strangers)


@pytest.mark.django_db
def test_it_works_without_any_file(media):
    assert not media.exists()
    assert sweep_orphans() == 0
