"""The worker copies large pictures; copies are deleted with their message."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.utils import timezone

from chats.files import picture_copies, storage
from chats.files.pictures import Showing
from chats.files.storage import sweep_orphans
from chats.models import Attachment, Message, PictureCopy
from tests.chats.files import sample_files, sample_pictures
from tests.chats.files.sample_files import data_uri
from tests.chats.files.sample_pictures import encoded, exif
from tests.chats.files.shown_pictures import SEND, is_shown, large, make_copies


def test_a_picture_that_crashes_the_worker_is_given_up(send_picture):
    send_picture(large())
    for _ in range(picture_copies.MOST_ATTEMPTS):
        assert picture_copies.claim(1)
        PictureCopy.objects.update(lease_until=timezone.now())
    assert make_copies() == 1
    assert Attachment.objects.get().showing == Showing.NEVER
    assert make_copies() == 0


def test_two_workers_do_not_copy_the_same_picture(send_picture):
    send_picture(large())
    assert len(picture_copies.claim(5)) == 1
    assert picture_copies.claim(5) == []


def test_the_newest_is_copied_first(send_picture):
    for _ in range(3):
        send_picture(large())
    newest = Attachment.objects.order_by("-pk").first()
    assert picture_copies.claim(1)[0].attachment_id == newest.pk


def test_copies_wait_while_storage_is_unavailable(send_picture, read_link, monkeypatch):
    link = send_picture(large())

    def full(_name, _content):
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", full)
        picture_copies.make(picture_copies.claim(1)[0])
    assert make_copies() == 0
    row = PictureCopy.objects.get()
    assert (row.attempts, row.made_at) == (0, None)
    PictureCopy.objects.update(next_at=timezone.now())
    assert make_copies() == 1
    assert is_shown(read_link(link))


def test_a_picture_without_a_file_is_given_up(send_picture):
    send_picture(large())
    default_storage.delete(Attachment.objects.get().file.name)
    assert make_copies() == 1
    assert not PictureCopy.objects.exists()


def test_pictures_of_an_earlier_version_are_queued(send_picture, read_link):
    """The migration has queued all of them."""
    kept = {
        send_picture(encoded("PNG"), "image/png"): Showing.AS_IS,
        send_picture(encoded("JPEG", exif=exif())): Showing.COPY,
        send_picture(sample_pictures.bomb(), "image/png", "file"): "never",
        send_picture(sample_files.JPEG): Showing.NEVER,
    }
    PictureCopy.objects.all().delete()
    Attachment.objects.filter(mime="application/octet-stream").update(mime="image/png")
    Attachment.objects.update(showing=Showing.COPY)
    for attachment in Attachment.objects.all():
        PictureCopy.objects.create(attachment=attachment)
    assert not any(is_shown(read_link(link)) for link in kept)
    assert make_copies() == 4
    found = Attachment.objects.order_by("pk").values_list("showing", flat=True)
    assert list(found) == list(kept.values())
    bomb = read_link(list(kept)[2])
    assert bomb["Content-Type"] == "application/octet-stream"


def stored_files():
    media = Path(django_settings.MEDIA_ROOT)
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_message_that_is_not_stored_leaves_no_copy(send_picture, monkeypatch):
    def fails(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(storage.Attachment, "save", fails)
    with pytest.raises(KeyError):
        send_picture(encoded("JPEG", exif=exif()), status=500)
    assert stored_files() == []


def test_copies_are_not_orphans_until_their_message_is_deleted(
    send_picture, monkeypatch
):
    monkeypatch.setattr(storage, "_ORPHANED_AFTER", timezone.timedelta(0))
    send_picture(encoded("JPEG", exif=exif()))
    assert sweep_orphans() == 0
    assert len(stored_files()) == 2
    Message.objects.all().delete()
    assert sweep_orphans() == 2


def test_an_idempotent_repeat_leaves_no_copy(api, contact, ana):
    """Its file is stored before the first response is found."""
    body = {
        "contactNumber": 551133334444,
        "from": ana.pk,
        "base64": data_uri(encoded("JPEG", exif=exif()), "image/jpeg"),
        "type": "image",
    }
    for _ in range(2):
        answer = api.post(SEND, body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 200
    assert PictureCopy.objects.count() == 1
    assert len(stored_files()) == 2
