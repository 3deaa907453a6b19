"""Files that crash or exhaust a decoder affect only their own conversion."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import cache

import pytest
from PIL import Image

from chats.files.conversion import running
from chats.files.conversion.program import Order
from chats.files.conversion.reasons import CannotConvertError
from chats.files.conversion.running import convert
from chats.models import Message
from tests import builders
from tests.attacks.bombs import (
    gif_with_huge_screen,
    pixel_bomb,
    video_with_larger_frames,
    webp_declaring_huge_size,
)
from tests.chats.conftest import PHONE
from tests.chats.files.conversion import samples
from tests.chats.files.sample_files import data_uri

SENTENCES = {
    "too_large": "There is more in the file than can be converted.",
    "unreadable": "The file is damaged, or is not of the declared type.",
    "too_long": "The file takes too long to be converted.",
}


BOMBS = {
    "png": (pixel_bomb, "image/png", "image"),
    "gif": (gif_with_huge_screen, "image/gif", "picture"),
    "webp": (webp_declaring_huge_size, "image/webp", "picture"),
    "film": (video_with_larger_frames, "video/webm", "video"),
}


@pytest.fixture
def attack(tmp_path):
    def attack(content, mime, form, **bounds):
        source = tmp_path / "source"
        source.write_bytes(content)
        return convert(
            Order(str(source), str(tmp_path / "target"), mime, form, **bounds)
        )

    return attack


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_only_ends_its_own_conversion(attack, name):
    made, mime, form = BOMBS[name]
    with pytest.raises(CannotConvertError) as refusal:
        attack(made(), mime, form)
    assert refusal.value.reason in ("too_large", "unreadable")


def test_memory_is_limited(attack):
    """A decoder cannot allocate more than the limit."""
    bound = 250 * 2**20
    small, large = (large_picture(side) for side in (100, 5000))
    assert attack(small, "image/png", "image", memory=bound).kind == "image"
    with pytest.raises(CannotConvertError) as refusal:
        attack(large, "image/png", "image", memory=bound)
    assert refusal.value.reason in ("too_large", "unreadable")


def test_time_is_limited(attack):
    """A size that cannot be reached would be tried again and again."""
    content = large_picture(5000)
    with pytest.raises(CannotConvertError) as refusal:
        attack(content, "image/png", "image", largest=1, seconds=1)
    assert refusal.value.reason == "too_long"


@cache
def large_picture(side):
    made = io.BytesIO()
    Image.new("RGB", (side, side), (10, 90, 200)).save(made, "PNG", compress_level=1)
    return made.getvalue()


def test_output_is_limited(attack):
    with pytest.raises(CannotConvertError):
        attack(samples.sound("wav", "pcm_s16le"), "audio/wav", "audio", disk=1000)


def test_a_playlist_instead_of_a_video_reads_no_file(attack, tmp_path):
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(samples.film("mp4", "libx264"))
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    for mime in ("video/mp4", "video/webm", "video/x-msvideo", "video/quicktime"):
        with pytest.raises(CannotConvertError):
            attack(playlist, mime, "video")


def test_the_conversion_program_gets_no_secrets(attack, monkeypatch, tmp_path):
    assert (
        not {"DATABASE_URL", "HCI_SECRET_KEY", "HCI_TOKEN_KEYS"}
        & running._ENVIRONMENT.keys()
    )
    seen = {}
    real = running.subprocess.Popen

    def popen(*args, **options):
        seen.update(options)
        return real(*args, **options)

    monkeypatch.setattr(running.subprocess, "Popen", popen)
    monkeypatch.setenv("HCI_SECRET_KEY", "canary")
    attack(samples.image("PNG"), "image/png", "image")
    assert "canary" not in str(seen["env"])


@pytest.mark.django_db(transaction=True)
def test_a_bomb_is_refused_before_it_is_queued_and_a_photo_accepted(
    cloud, api, ana, manager, rounds
):
    cloud.people[PHONE] = datetime.now(UTC)
    builders.make_contact(manager, external_id=PHONE, area=ana.areas.get())
    path = "/api/chat/message/send/operator/file/8080"
    sent = {"contactNumber": PHONE, "from": str(ana.pk), "type": "image"}
    for content, mime, status in (
        (gif_with_huge_screen(), "image/gif", 400),
        (samples.image("HEIF"), "image/heic", 200),
    ):
        answer = api.post(path, {**sent, "base64": data_uri(content, mime)})
        assert answer.status_code == status, answer.content
    rounds.make()
    [photo] = Message.objects.all()
    assert photo.status == "sent"
    [left] = cloud.delivered
    assert (left.kind, left.mime) == ("image", "image/jpeg")
    assert io.BytesIO(left.content).read(3) == b"\xff\xd8\xff"
