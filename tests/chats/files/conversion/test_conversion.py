"""Results of conversions, checked by decoding them."""

from __future__ import annotations

import io
import struct

import av
import pytest
from PIL import Image

from chats.files.conversion.program import Order
from chats.files.conversion.reasons import CannotConvertError
from chats.files.conversion.running import convert
from tests.chats.files.conversion import samples


@pytest.fixture
def make(tmp_path):
    """Has the bytes converted; answers what was made, and its bytes."""

    def make(content, mime, form, **more):
        source, target = tmp_path / "source", tmp_path / "target"
        source.write_bytes(content)
        target.unlink(missing_ok=True)
        order = Order(str(source), str(target), mime, form, **more)
        made = convert(order)
        return made, target.read_bytes() if target.exists() else content

    return make


def decoded_sound(content):
    with av.open(io.BytesIO(content)) as read:
        [stream] = read.streams.audio
        frames = list(read.decode(stream))
        context = stream.codec_context
        seconds = sum(f.samples for f in frames) / frames[0].sample_rate
        return (
            read.format.name,
            context.name,
            context.channels,
            frames[0].sample_rate,
            seconds,
        )


def decoded_film(content):
    with av.open(io.BytesIO(content)) as read:
        names = {s.type: s.codec_context.name for s in read.streams}
        film = read.streams.video[0]
        frames = list(read.decode(film))
        size = (film.width, film.height)
        return read.format.name, names, size, len(frames), film.codec_context.pix_fmt


RECORDINGS = {
    "chrome": (samples.recording_of_chrome, "audio/webm"),
    "safari": (samples.recording_of_safari, "audio/mp4"),
    "3gp": (lambda: samples.sound("3gp", "aac", 16_000), "audio/3gpp"),
    "stereo": (
        lambda: samples.sound("webm", "libopus", 48_000, "stereo"),
        "audio/webm",
    ),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_becomes_a_voice_note(make, name):
    recorded, mime = RECORDINGS[name]
    made, content = make(recorded(), mime, "voice")
    assert (made.kind, made.mime, made.is_unchanged) == ("voice", "audio/ogg", False)
    container, codec, channels, rate, seconds = decoded_sound(content)
    assert (container, codec, channels, rate) == ("ogg", "opus", 1, 48_000)
    assert seconds == pytest.approx(1.0, abs=0.15)
    assert content[:4] == b"OggS"
    assert b"OpusHead\x01\x01" in content[:64]


def test_a_truncated_recording_is_converted_up_to_its_end(make):
    whole = samples.recording_of_chrome()
    _, content = make(whole[: len(whole) * 2 // 3], "audio/webm", "voice")
    assert 0.3 < decoded_sound(content)[4] < 0.9


SOUNDS = {
    "wav": (lambda: samples.sound("wav", "pcm_s16le", 44_100, "stereo"), "audio/wav", 2),
    "wav of an old telephone": (
        lambda: samples.sound("wav", "pcm_s16le", 8_000), "audio/wav", 1),
    "vorbis": (lambda: samples.sound("ogg", "vorbis", 44_100, "stereo"), "audio/ogg", 2),
    "flac": (lambda: samples.sound("flac", "flac", 44_100, "stereo"), "audio/flac", 2),
    "amr": (lambda: samples.sound("amr", "libopencore_amrnb", 8_000), "audio/amr", 1),
    "aac": (lambda: samples.sound("adts", "aac", 44_100), "audio/aac", 1),
    "webm": (samples.recording_of_chrome, "audio/webm", 1),
    "safari": (samples.recording_of_safari, "audio/mp4", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_becomes_m4a(make, name):
    recorded, mime, channels = SOUNDS[name]
    made, content = make(recorded(), mime, "audio")
    assert (made.kind, made.mime) == ("audio", "audio/mp4")
    container, codec, found, _, seconds = decoded_sound(content)
    assert (codec, found) == ("aac", channels)
    assert "m4a" in container
    assert content[4:11] == b"ftypM4A"
    assert seconds == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    ("form", "mime"),
    [("HEIF", "image/heic"), ("AVIF", "image/avif"), ("PNG", "image/png")],
)
def test_a_picture_becomes_jpeg(make, form, mime):
    made, content = make(samples.image(form), mime, "image")
    assert (made.kind, made.mime) == ("image", "image/jpeg")
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (160, 120))


def test_transparent_areas_become_white(make):
    _, content = make(samples.image("PNG", mode="RGBA"), "image/png", "image")
    with Image.open(io.BytesIO(content)) as image:
        assert min(image.getpixel((150, 110))) > 250


def test_a_picture_is_rotated_upright_and_loses_its_metadata(make):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Maria"
    _, content = make(samples.image("JPEG", exif=exif.tobytes()), "image/jpeg", "image")
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (120, 160)
        assert dict(image.getexif()) == {}


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "LA", "I;16"])
def test_a_picture_of_any_colour_mode_is_converted_for_phones(make, mode):
    source = Image.new("L", (40, 30), 255)
    source = (
        source.convert("I").point(lambda v: v * 256).convert("I;16")
        if mode == "I;16"
        else source.convert(mode)
    )
    held = io.BytesIO()
    form = "TIFF" if mode == "CMYK" else "PNG"
    if form == "TIFF":
        source.save(held, "JPEG")
    else:
        source.save(held, "PNG")
    _, content = make(held.getvalue(), "image/png", "image")
    with Image.open(io.BytesIO(content)) as image:
        assert image.mode == "RGB"
        assert image.getpixel((5, 5))[0] > 150


def test_a_picture_that_is_too_large_is_scaled(make):
    noise = Image.effect_noise((900, 700), 90).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "PNG")
    _, content = make(held.getvalue(), "image/png", "image", largest=60_000)
    assert len(content) <= 60_000
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        assert image.width / image.height == pytest.approx(9 / 7, abs=0.05)


def test_a_picture_with_too_many_pixels_is_scaled(make):
    _, content = make(samples.image("PNG", (5000, 100)), "image/png", "image")
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == 4096


def test_a_sticker_is_kept_if_the_gateway_supports_it(make):
    for content in (
        samples.image("WEBP", (512, 512), "RGBA"),
        samples.animation("WEBP", (512, 512)),
    ):
        made, _ = make(content, "image/webp", "picture", stickers=True)
        assert (made.kind, made.mime, made.is_unchanged) == (
            "sticker",
            "image/webp",
            True,
        )
        made, _ = make(content, "image/webp", "picture")
        assert made.kind in ("image", "video")


def test_another_webp_becomes_a_picture(make):
    made, content = make(samples.image("WEBP"), "image/webp", "picture", stickers=True)
    assert (made.kind, made.mime) == ("image", "image/jpeg")
    assert Image.open(io.BytesIO(content)).format == "JPEG"


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_an_animated_picture_becomes_a_video(make, form):
    mime = f"image/{form.lower()}"
    made, content = make(samples.animation(form, (65, 47)), mime, "picture")
    assert (made.kind, made.mime) == ("video", "video/mp4")
    _, names, size, frames, pixels = decoded_film(content)
    assert (names, frames, pixels) == ({"video": "h264"}, 5, "yuv420p")
    assert size == (64, 48)


def test_a_still_gif_becomes_a_picture(make):
    made, content = make(samples.image("GIF"), "image/gif", "picture")
    assert (made.kind, made.mime) == ("image", "image/jpeg")
    assert Image.open(io.BytesIO(content)).format == "JPEG"


FILMS = {
    "webm": (lambda: samples.film("webm", "libvpx", "libopus"), "video/webm", True),
    "vp9": (lambda: samples.film("webm", "libvpx-vp9"), "video/webm", False),
    "mov": (lambda: samples.film("mov", "mpeg4", "pcm_s16le"), "video/quicktime", True),
    "3gp": (lambda: samples.film("3gp", "h263", "aac", (176, 144)), "video/3gpp", True),
    "hevc": (lambda: samples.film("mp4", "libx265", "aac"), "video/mp4", True),
    "mp3 in mp4": (
        lambda: samples.film("mp4", "libx264", "libmp3lame"), "video/mp4", True),
    "avi": (lambda: samples.film("avi", "mpeg4", "libmp3lame"), "video/x-msvideo", True),
    "mkv": (lambda: samples.film("matroska", "libvpx-vp9", "libopus"),
            "video/x-matroska", True),
}  # fmt: skip


@pytest.mark.parametrize("name", FILMS)
def test_a_video_becomes_h264_and_aac(make, name):
    recorded, mime, has_sound = FILMS[name]
    made, content = make(recorded(), mime, "video", is_checked=True)
    assert (made.kind, made.mime, made.is_unchanged) == ("video", "video/mp4", False)
    _, names, _, frames, pixels = decoded_film(content)
    expected = {"video": "h264", **({"audio": "aac"} if has_sound else {})}
    assert (names, pixels) == (expected, "yuv420p")
    assert frames == pytest.approx(10, abs=1)
    if has_sound:
        assert decoded_sound(content)[4] == pytest.approx(1.0, abs=0.15)


def test_an_accepted_video_is_unchanged(make):
    for container, mime in (("mp4", "video/mp4"), ("3gp", "video/3gpp")):
        content = samples.film(container, "libx264", "aac")
        made, kept = make(content, mime, "video", is_checked=True)
        assert (made.is_unchanged, made.mime, kept) == (True, mime, content)


def test_a_video_in_another_container_keeps_its_streams(make):
    content = samples.film("mov", "libx264", "aac")
    _, copy = make(content, "video/quicktime", "video")
    assert copy[4:8] == b"ftyp"
    assert copy[8:12] != b"qt  "
    assert packets(copy) == packets(content)


def packets(content):
    with av.open(io.BytesIO(content)) as read:
        return [bytes(packet) for packet in read.demux(video=0) if packet.size]


def test_a_portrait_video_stays_upright(make):
    """Phones record in the orientation of the sensor, and store a rotation."""
    content = turned(samples.film("mp4", "libx265", None, (160, 120)))
    _, made = make(content, "video/mp4", "video", is_checked=True)
    assert decoded_film(made)[2] == (120, 160)


def turned(content):
    """The same MP4 with the matrix of a quarter turn."""
    at = content.index(b"tkhd") + 4 + 40
    fixed = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000]
    return content[:at] + struct.pack(">9i", *fixed) + content[at + 36 :]


def test_a_large_video_is_compressed(make):
    content = samples.film("mov", "mpeg4", None, (1920, 1080))
    _, made = make(content, "video/quicktime", "video")
    assert decoded_film(made)[2] == (1280, 720)


@pytest.mark.parametrize(
    ("content", "mime", "form", "reason"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(40), "image/jpeg", "image", "unreadable"),
        (b"GIF89a" + bytes(30), "image/gif", "picture", "unreadable"),
        (b"\x1aE\xdf\xa3" + bytes(40), "audio/webm", "voice", "unreadable"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(30), "audio/wav", "audio", "unreadable"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "video/mp4", "video", "unreadable"),
        (samples.PDF, "application/pdf", "video", "unreadable"),
        (samples.sound("mp4", "aac"), "video/mp4", "video", "empty"),
        (samples.film("webm", "libvpx"), "audio/webm", "voice", "empty"),
    ],
)  # fmt: skip
def test_undecodable_files_are_reported(make, content, mime, form, reason):
    with pytest.raises(CannotConvertError) as refusal:
        make(content, mime, form)
    assert refusal.value.reason == reason
