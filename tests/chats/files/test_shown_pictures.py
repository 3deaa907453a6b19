"""GET api/chat/file/…: how a stored picture is shown."""

from __future__ import annotations

import pytest
from django.core.files.storage import default_storage

from chats.files.pictures import MOST_PIXELS, Showing
from chats.models import Attachment, PictureCopy
from tests.chats.files import sample_files, sample_pictures
from tests.chats.files.sample_files import data_uri
from tests.chats.files.sample_pictures import CAMERA, encoded, exif, moving, opened
from tests.chats.files.shown_pictures import LARGE, is_shown, large, make_copies

RECORD = "/api/chat/message/send"


# Shown unchanged


def test_a_picture_without_metadata_is_shown_byte_for_byte(send_picture, read_link):
    content = encoded("JPEG")
    answer = read_link(send_picture(content))
    assert answer.body == content
    assert is_shown(answer)
    assert Attachment.objects.get().showing == Showing.AS_IS
    assert not PictureCopy.objects.exists()


def test_other_files_are_unchanged(send_picture, read_link):
    link = send_picture(sample_files.PDF, "application/pdf", "pdf")
    assert read_link(link).body == sample_files.PDF
    assert Attachment.objects.get().showing == ""


# Shown as a copy


def test_a_small_photo_is_shown_at_once_without_its_metadata(send_picture, read_link):
    content = encoded("JPEG", exif=exif(6))
    link = send_picture(content)
    answer = read_link(link)
    assert CAMERA.encode() not in answer.body
    assert opened(answer.body).size == (40, 60)
    assert is_shown(answer)
    assert int(answer["Content-Length"]) == len(answer.body)
    assert answer["Content-Type"] == "image/jpeg"
    assert make_copies() == 0


def test_the_original_can_be_downloaded(send_picture, read_link):
    content = encoded("JPEG", exif=exif())
    answer = read_link(f"{send_picture(content)}&original=1")
    assert answer.body == content
    assert not is_shown(answer)


def test_a_range_is_of_the_shown_copy(send_picture, read_link):
    link = send_picture(encoded("JPEG", exif=exif()))
    whole = read_link(link).body
    part = read_link(link, Range="bytes=2-9")
    assert part.body == whole[2:10]
    assert part["Content-Range"] == f"bytes 2-9/{len(whole)}"


def test_a_large_photo_is_only_downloaded_until_its_copy_exists(
    send_picture, read_link
):
    content = large()
    link = send_picture(content)
    before = read_link(link)
    assert (before.body, is_shown(before)) == (content, False)
    assert make_copies() == 1
    after = read_link(link)
    assert is_shown(after)
    assert CAMERA.encode() not in after.body
    assert opened(after.body).size == LARGE


def test_an_animated_sticker_stays_animated(send_picture, read_link):
    link = send_picture(moving("WEBP", exif=exif()), "image/webp")
    assert make_copies() == 1
    answer = read_link(link)
    assert (answer["Content-Type"], opened(answer.body).n_frames) == ("image/webp", 2)


def test_the_gateway_gets_the_original_file(send_picture):
    content = encoded("JPEG", exif=exif())
    send_picture(content)
    with default_storage.open(Attachment.objects.get().file.name) as file:
        assert file.read() == content


def test_a_controllers_picture_is_shown_as_a_copy(api, contact, read_link):
    body = {
        "managerNumber": contact.manager.number,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "base64": data_uri(encoded("JPEG", exif=exif()), "image/jpeg"),
    }
    link = api.post(RECORD, body).json()["data"]["url"]
    answer = read_link(link.removeprefix("http://testserver"))
    assert CAMERA.encode() not in answer.body


# Never shown


def test_a_bomb_is_refused_as_a_picture(send_picture, read_link):
    content = sample_pictures.bomb()
    [sentence] = send_picture(content, "image/png", status=400)["base64"]
    assert str(MOST_PIXELS // 10**6) in sentence
    answer = read_link(send_picture(content, "image/png", "file"))
    assert answer["Content-Type"] == "application/octet-stream"
    assert not is_shown(answer)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert make_copies() == 0


def test_a_bomb_of_a_customer_is_stored_as_a_file(api, contact, read_link):
    body = {
        "managerNumber": contact.manager.number,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "base64": data_uri(sample_pictures.bomb(), "image/png"),
    }
    data = api.post(RECORD, body).json()["data"]
    assert data["type"] == "file"
    answer = read_link(data["url"].removeprefix("http://testserver"))
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "content", [sample_files.JPEG, encoded("JPEG", exif=exif())[:400]]
)
def test_an_undecodable_picture_is_only_downloaded(send_picture, read_link, content):
    answer = read_link(send_picture(content))
    assert (answer.body, is_shown(answer)) == (content, False)


def test_a_large_undecodable_picture_is_only_downloaded(send_picture, read_link):
    content = large()
    content = content[: len(content) // 2]
    link = send_picture(content)
    assert make_copies() == 1
    answer = read_link(link)
    assert (answer.body, is_shown(answer)) == (content, False)
    assert Attachment.objects.get().showing == Showing.NEVER
    assert make_copies() == 0
