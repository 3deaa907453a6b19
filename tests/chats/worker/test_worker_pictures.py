"""The worker copies pictures while it sends messages and downloads files."""

from __future__ import annotations

import base64

import pytest

from chats.files import picture_copies
from chats.files.conversion.program import Order
from chats.files.data_uri import parse_data_uri
from chats.files.pictures import Showing
from chats.files.storage import attach, stored
from chats.models import Attachment, PictureCopy
from tests import builders
from tests.chats.files.sample_pictures import drawn, encoded, exif

pytestmark = pytest.mark.django_db(transaction=True)

PHOTO = base64.b64encode(
    encoded("JPEG", drawn(1600, 1300), exif=exif(), quality=50)
).decode()


@pytest.fixture
def photos(contact):
    chat = builders.make_chat(contact)

    def keep(count):
        for _ in range(count):
            sent = parse_data_uri(f"data:image/jpeg;base64,{PHOTO}", 10**7)
            message = builders.make_message(chat, type="image")
            with stored(sent) as attachment:
                attach(attachment, message.pk)

    return keep


def made():
    return PictureCopy.objects.filter(made_at__isnull=False).count()


def test_it_copies_all_queued_pictures(rounds, photos):
    photos(3)
    rounds.make()
    assert made() == 3
    assert not PictureCopy.objects.filter(file="").exists()


def test_an_error_affects_only_its_picture(rounds, photos, monkeypatch):
    photos(2)
    newest = PictureCopy.objects.order_by("-pk").first().pk
    make = picture_copies.make

    def fails_with_the_newest(wanted, *arguments):
        if wanted.attachment_id == newest:
            raise RuntimeError
        make(wanted, *arguments)

    monkeypatch.setattr(picture_copies, "make", fails_with_the_newest)
    rounds.make()
    assert made() == 1
    assert PictureCopy.objects.get(made_at=None).pk == newest


def test_a_picture_whose_conversion_is_killed_is_not_shown(rounds, photos, monkeypatch):
    """The process may be killed by its memory limit or a bug in a decoder."""
    photos(1)
    monkeypatch.setattr(
        "chats.files.picture_copies.Order",
        lambda *given: Order(*given, memory=2**20),
    )
    rounds.make()
    assert Attachment.objects.get().showing == Showing.NEVER
    assert not PictureCopy.objects.exists()


def test_a_stopping_worker_releases_its_pictures(photos):
    photos(2)
    wanted = picture_copies.claim(5)
    assert len(wanted) == 2
    picture_copies.make_each(wanted, lambda: True)
    picture_copies.release([one.attachment_id for one in wanted])
    again = picture_copies.claim(5)
    assert [one.attempts for one in again] == [1, 1]
