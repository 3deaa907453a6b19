"""Sends every kind of file through every gateway.

What the gateway received is decoded and compared; files that it does not accept are
refused before they are queued.
"""

from __future__ import annotations

import io
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from PIL import Image

from chats.delivery import conversions
from chats.files.conversion import running
from chats.models import Message
from tests import builders
from tests.chats.conftest import PHONE, PSID
from tests.chats.files.conversion import samples
from tests.chats.files.sample_files import DOCX_MIME, data_uri

pytestmark = pytest.mark.django_db(transaction=True)

# The content, its media type and the message type.
KINDS = {
    "jpeg": (lambda: samples.image("JPEG"), "image/jpeg", "image"),
    "png": (lambda: samples.image("PNG"), "image/png", "image"),
    "sticker": (lambda: samples.image("WEBP", (512, 512), "RGBA"), "image/webp", "image"),
    "webp": (lambda: samples.image("WEBP"), "image/webp", "image"),
    "gif": (lambda: samples.animation("GIF"), "image/gif", "image"),
    "heic": (lambda: samples.image("HEIF"), "image/heic", "image"),
    "avif": (lambda: samples.image("AVIF"), "image/avif", "image"),
    "mp3": (lambda: samples.sound("mp3", "libmp3lame", 44_100), "audio/mpeg", "audio"),
    "voice": (lambda: samples.sound("ogg", "libopus"), "audio/ogg; codecs=opus", "audio"),
    "webm recording": (samples.recording_of_chrome, "audio/webm;codecs=opus", "audio"),
    "live recording": (samples.live_recording, "audio/webm;codecs=opus", "audio"),
    "mp4 recording": (samples.recording_of_safari, "audio/mp4", "audio"),
    "wav": (lambda: samples.sound("wav", "pcm_s16le", 44_100), "audio/wav", "audio"),
    "m4a": (lambda: samples.sound("ipod", "aac", 44_100), "audio/mp4", "audio"),
    "aac": (lambda: samples.sound("adts", "aac", 44_100), "audio/aac", "audio"),
    "mp4": (lambda: samples.film("mp4", "libx264", "aac"), "video/mp4", "video"),
    "webm": (lambda: samples.film("webm", "libvpx", "libopus"), "video/webm", "video"),
    "mov": (lambda: samples.film("mov", "libx264", "aac"), "video/quicktime", "video"),
    "3gp": (
        lambda: samples.film("3gp", "h263", "aac", (176, 144)), "video/3gpp", "video"),
    "pdf": (lambda: samples.PDF, "application/pdf", "pdf"),
    "docx": (samples.docx, DOCX_MIME, "file"),
    "zip": (lambda: samples.archive("notas.txt"), "application/zip", "file"),
    "txt": (lambda: samples.TEXT, "text/plain", "file"),
}  # fmt: skip

JPEG = "image: image/jpeg, JPEG"
VOICE = "voice: audio/ogg, opus 1 channel 48000 Hz"
M4A = "audio: audio/mp4, aac 1 channel 44100 Hz"
MP4 = "video: video/mp4, h264 aac"
WHATSAPP = {
    "jpeg": JPEG,
    "png": "image: image/png, PNG",
    "sticker": "sticker: image/webp, WEBP",
    "webp": JPEG,
    "gif": "video: video/mp4, h264",
    "heic": JPEG,
    "avif": JPEG,
    "mp3": "audio: audio/mpeg, mp3float 1 channel 44100 Hz",
    "voice": VOICE,
    "webm recording": VOICE,
    "live recording": VOICE,
    "mp4 recording": VOICE,
    "wav": M4A,
    "m4a": M4A,
    "aac": M4A,
    "mp4": MP4,
    "webm": MP4,
    "mov": MP4,
    "3gp": MP4,
    "pdf": "document: application/pdf, .pdf, as it was",
    "docx": f"document: {DOCX_MIME}, .docx, as it was",
    "zip": "document: application/zip, .zip, as it was",
    "txt": "document: text/plain, .txt, as it was",
}
REFUSED = "refused: The manager's gateway takes no files of this type: "
EXPECTED = {
    "cloud": {
        **WHATSAPP,
        "aac": "audio: audio/aac, aac 1 channel 44100 Hz",
        "zip": f"{REFUSED}application/zip.",
    },
    # Evolution converts every picture to JPEG and takes the type from the file name.
    "evolution": {**WHATSAPP, "png": JPEG},
    "wppconnect": WHATSAPP,
    "page": {
        **WHATSAPP,
        "sticker": JPEG,
        "gif": "image: image/gif, GIF",
        "voice": M4A.replace("44100", "48000"),
        "webm recording": M4A.replace("44100", "48000"),
        "live recording": M4A.replace("44100", "48000"),
        "mp4 recording": M4A,
    },
    # Pictures and videos in the formats of phones are handled by the controller itself.
    "controller": {
        **WHATSAPP,
        "sticker": "image: image/webp, WEBP",
        "webp": "image: image/webp, WEBP",
        "gif": "image: image/gif, GIF",
        "aac": "audio: audio/aac, aac 1 channel 44100 Hz",
        "3gp": "video: video/3gpp, h263 aac",
    },
}
# How the fakes' names of kinds map to what the phone shows.
SHOWN = {"ptt": "voice", "file": "document", "pdf": "document"}


def described(left, original):
    """Describes a sent file: how the phone shows it, its type and its content."""
    shown = SHOWN.get(left.kind, left.kind)
    mime = left.mime.partition(";")[0]
    if shown == "document":
        suffix = left.name[left.name.rindex(".") :]
        same = "as it was" if left.content == original else "changed"
        return f"document: {mime}, {suffix}, {same}"
    if shown == "audio" and left.content[:4] == b"OggS":
        # The controller has no separate kind for voice notes; the bytes decide.
        shown = "voice"
    if shown in ("image", "sticker"):
        with Image.open(io.BytesIO(left.content)) as image:
            image.load()
            return f"{shown}: {mime}, {image.format}"
    return f"{shown}: {mime}, {_streams(left.content)}"


def _streams(content):
    with av.open(io.BytesIO(content)) as read:
        video, audio = read.streams.video, read.streams.audio
        frames = [
            frame for stream in (*video, *audio) for frame in _frames(read, stream)
        ]
        assert frames
        sounds = [stream.codec_context for stream in audio]
        if video:
            names = [stream.codec_context.name for stream in video]
            return " ".join(names + [sound.name for sound in sounds])
        [sound] = sounds
        return f"{sound.name} {sound.channels} channel {sound.sample_rate} Hz"


def _frames(read, stream):
    read.seek(0)
    return list(read.decode(stream))


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture
def _each_made_once(made, monkeypatch):
    """Caches conversions, so that two gateways with the same format share one."""

    def convert(order, is_stopping):
        source = Path(order.source).read_bytes()
        key = (hash(source), *astuple(replace(order, source="", target="")))
        if key not in made:
            done = running.convert(order, is_stopping)
            target = Path(order.target)
            made[key] = done, target.read_bytes() if target.exists() else None
        done, content = made[key]
        if content is not None:
            Path(order.target).write_bytes(content)
        return done

    monkeypatch.setattr(conversions, "convert", convert)


def send(api, ana, channel, kind):
    make, mime, message_type = KINDS[kind]
    uri = data_uri(make(), mime)
    body = {"from": str(ana.pk), "type": message_type, "base64": uri}
    if channel == "facebook":
        path = "/api/chat/message/send/operator/file/facebook"
        return api.post(path, {**body, "contactId": PSID})
    path = "/api/chat/message/send/operator/file/8080"
    return api.post(path, {**body, "contactNumber": PHONE})


@pytest.mark.usefixtures("_each_made_once")
@pytest.mark.parametrize("name", EXPECTED)
def test_every_kind_of_file(name, request, api, ana, manager, rounds):
    fake = request.getfixturevalue(name)
    channel = "facebook" if name == "page" else "whatsapp"
    person = PSID if name == "page" else PHONE
    area = ana.areas.get()
    builders.make_contact(manager, channel=channel, external_id=person, area=area)
    if isinstance(getattr(fake, "people", None), dict):
        fake.people[person] = datetime.now(UTC)
    elif fake.people is not None:
        fake.people.add(person)
    found, sent = {}, {}
    for kind in KINDS:
        answer = send(api, ana, channel, kind)
        if answer.status_code == 200:
            sent[answer.json()["data"]["id"]] = kind
        else:
            [(field, [sentence])] = answer.json()["error"]["fields"].items()
            assert (answer.status_code, field) == (400, "base64")
            found[kind] = f"refused: {sentence}"
    rounds.make(110)
    messages = Message.objects.order_by("id")
    left = iter(fake.delivered)
    for message in messages:
        kind = sent[str(message.uuid)]
        if message.status == "failed":
            found[kind] = f"failed: {message.error}"
        else:
            found[kind] = described(next(left), KINDS[kind][0]())
    assert found == EXPECTED[name]
