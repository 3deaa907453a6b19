"""GET api/chat/file/…: how a stored picture is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import default_storage
from django.utils import timezone

from chats.files import picture_copies, storage
from chats.files.pictures import MOST_PIXELS, Showing
from chats.files.storage import sweep_orphans
from chats.models import Attachment, Message, PictureCopy
from tests.chats.files import sample_files, sample_pictures
from tests.chats.files.sample_files import data_uri
from tests.chats.files.sample_pictures import CAMERA, encoded, exif, moving, opened

SEND = "/api/chat/message/send/operator/file/8080"
RECORD = "/api/chat/message/send"
LARGE = (1600, 1300)


@pytest.fixture
def send(api, contact, ana):
    def call(content, mime="image/jpeg", said="image", status=200):
        body = {
            "contactNumber": 551133334444,
            "from": ana.pk,
            "base64": data_uri(content, mime),
            "type": said,
        }
        answer = api.post(SEND, body)
        assert answer.status_code == status, answer.content
        data = answer.json()
        if status != 200:
            return data["error"]["fields"]
        return data["data"]["url"].removeprefix("http://testserver")

    return call


@pytest.fixture
def get(anonymous):
    def got(link, **headers):
        answer = anonymous.get(link, headers=headers)
        answer.body = answer.getvalue()
        return answer

    return got


def large(**options):
    """A photo that is not copied while it is stored."""
    return encoded("JPEG", sample_pictures.drawn(*LARGE), exif=exif(), **options)


def work():
    """Makes the queued copies, as a worker does; returns their number."""
    count = 0
    while wanted := picture_copies.claim(1):
        picture_copies.make(wanted[0])
        count += 1
    return count


def is_shown(answer):
    return answer["Content-Disposition"].startswith("inline;")


# Shown unchanged


def test_a_bare_picture_is_shown_to_the_byte(send, get):
    content = encoded("JPEG")
    answer = get(send(content))
    assert answer.body == content
    assert is_shown(answer)
    assert Attachment.objects.get().showing == Showing.AS_IS
    assert not PictureCopy.objects.exists()


def test_what_is_no_picture_is_none_of_this(send, get):
    link = send(sample_files.PDF, "application/pdf", "pdf")
    assert get(link).body == sample_files.PDF
    assert Attachment.objects.get().showing == ""


# Shown as a copy


def test_a_small_photo_is_shown_at_once_without_what_its_camera_wrote(send, get):
    content = encoded("JPEG", exif=exif(6))
    link = send(content)
    answer = get(link)
    assert CAMERA.encode() not in answer.body
    assert opened(answer.body).size == (40, 60)
    assert is_shown(answer)
    assert int(answer["Content-Length"]) == len(answer.body)
    assert answer["Content-Type"] == "image/jpeg"
    assert work() == 0


def test_it_can_be_downloaded_as_it_was_sent(send, get):
    content = encoded("JPEG", exif=exif())
    answer = get(f"{send(content)}&original=1")
    assert answer.body == content
    assert not is_shown(answer)


def test_a_range_is_of_what_is_shown(send, get):
    link = send(encoded("JPEG", exif=exif()))
    whole = get(link).body
    part = get(link, Range="bytes=2-9")
    assert part.body == whole[2:10]
    assert part["Content-Range"] == f"bytes 2-9/{len(whole)}"


def test_a_large_photo_is_only_downloaded_until_its_copy_is_there(send, get):
    content = large()
    link = send(content)
    before = get(link)
    assert (before.body, is_shown(before)) == (content, False)
    assert work() == 1
    after = get(link)
    assert is_shown(after)
    assert CAMERA.encode() not in after.body
    assert opened(after.body).size == LARGE


def test_a_sticker_goes_on_moving(send, get):
    link = send(moving("WEBP", exif=exif()), "image/webp")
    assert work() == 1
    answer = get(link)
    assert (answer["Content-Type"], opened(answer.body).n_frames) == ("image/webp", 2)


def test_the_gateway_gets_the_file_as_it_was_sent(send):
    content = encoded("JPEG", exif=exif())
    send(content)
    with default_storage.open(Attachment.objects.get().file.name) as file:
        assert file.read() == content


def test_a_controllers_picture_is_treated_alike(api, contact, get):
    body = {
        "managerNumber": contact.manager.number,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "base64": data_uri(encoded("JPEG", exif=exif()), "image/jpeg"),
    }
    link = api.post(RECORD, body).json()["data"]["url"]
    answer = get(link.removeprefix("http://testserver"))
    assert CAMERA.encode() not in answer.body


# Never shown


def test_a_bomb_is_no_picture_and_refused_as_one(send, get):
    content = sample_pictures.bomb()
    [sentence] = send(content, "image/png", status=400)["base64"]
    assert str(MOST_PIXELS // 10**6) in sentence
    answer = get(send(content, "image/png", "file"))
    assert answer["Content-Type"] == "application/octet-stream"
    assert not is_shown(answer)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert work() == 0


def test_a_bomb_of_a_customer_is_kept_as_a_file(api, contact, get):
    body = {
        "managerNumber": contact.manager.number,
        "contactNumber": 551133334444,
        "from": 551133334444,
        "type": "image",
        "base64": data_uri(sample_pictures.bomb(), "image/png"),
    }
    data = api.post(RECORD, body).json()["data"]
    assert data["type"] == "file"
    answer = get(data["url"].removeprefix("http://testserver"))
    assert answer["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "content", [sample_files.JPEG, encoded("JPEG", exif=exif())[:400]]
)
def test_what_cannot_be_read_is_only_downloaded(send, get, content):
    answer = get(send(content))
    assert (answer.body, is_shown(answer)) == (content, False)


def test_a_large_one_that_cannot_be_read_is_only_downloaded(send, get):
    content = large()
    content = content[: len(content) // 2]
    link = send(content)
    assert work() == 1
    answer = get(link)
    assert (answer.body, is_shown(answer)) == (content, False)
    assert Attachment.objects.get().showing == Showing.NEVER
    assert work() == 0


# The worker


def test_one_whose_decoder_ends_the_worker_is_given_up(send):
    send(large())
    for _ in range(picture_copies.MOST_ATTEMPTS):
        assert picture_copies.claim(1)
        PictureCopy.objects.update(lease_until=timezone.now())
    assert work() == 1
    assert Attachment.objects.get().showing == Showing.NEVER
    assert work() == 0


def test_two_workers_do_not_copy_the_same(send):
    send(large())
    assert len(picture_copies.claim(5)) == 1
    assert picture_copies.claim(5) == []


def test_the_newest_is_copied_first(send):
    for _ in range(3):
        send(large())
    newest = Attachment.objects.order_by("-pk").first()
    assert picture_copies.claim(1)[0].attachment_id == newest.pk


def test_while_nothing_can_be_stored_it_waits(send, get, monkeypatch):
    link = send(large())

    def full(_name, _content):
        raise OSError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "save", full)
        picture_copies.make(picture_copies.claim(1)[0])
    assert work() == 0
    row = PictureCopy.objects.get()
    assert (row.attempts, row.made_at) == (0, None)
    PictureCopy.objects.update(next_at=timezone.now())
    assert work() == 1
    assert is_shown(get(link))


def test_one_whose_file_is_gone_is_given_up(send):
    send(large())
    default_storage.delete(Attachment.objects.get().file.name)
    assert work() == 1
    assert not PictureCopy.objects.exists()


def test_pictures_of_an_earlier_version_are_looked_at(send, get):
    """The migration has put them into the queue, whatever they are."""
    kept = {
        send(encoded("PNG"), "image/png"): Showing.AS_IS,
        send(encoded("JPEG", exif=exif())): Showing.COPY,
        send(sample_pictures.bomb(), "image/png", "file"): "never",
        send(sample_files.JPEG): Showing.NEVER,
    }
    PictureCopy.objects.all().delete()
    Attachment.objects.filter(mime="application/octet-stream").update(mime="image/png")
    Attachment.objects.update(showing=Showing.COPY)
    for attachment in Attachment.objects.all():
        PictureCopy.objects.create(attachment=attachment)
    assert not any(is_shown(get(link)) for link in kept)
    assert work() == 4
    found = Attachment.objects.order_by("pk").values_list("showing", flat=True)
    assert list(found) == list(kept.values())
    bomb = get(list(kept)[2])
    assert bomb["Content-Type"] == "application/octet-stream"


# Cleaning up


def stored_files():
    media = Path(django_settings.MEDIA_ROOT)
    return [path for path in media.rglob("*") if path.is_file()]


def test_a_message_that_is_not_stored_leaves_no_copy(send, monkeypatch):
    def fails(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(storage.Attachment, "save", fails)
    with pytest.raises(KeyError):
        send(encoded("JPEG", exif=exif()), status=500)
    assert stored_files() == []


def test_copies_are_no_orphans_until_their_message_goes(send, monkeypatch):
    monkeypatch.setattr(storage, "_ORPHANED_AFTER", timezone.timedelta(0))
    send(encoded("JPEG", exif=exif()))
    assert sweep_orphans() == 0
    assert len(stored_files()) == 2
    Message.objects.all().delete()
    assert sweep_orphans() == 2


def test_a_repeat_that_is_answered_leaves_no_copy(api, contact, ana):
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
