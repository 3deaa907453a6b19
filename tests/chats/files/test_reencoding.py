"""Re-encoding of pictures for display."""

from __future__ import annotations

from io import BytesIO

import pytest

from chats.files.pictures import facts_of
from chats.files.reencoding import UnreadableError, reencode
from tests.chats.files import sample_files, sample_pictures
from tests.chats.files.sample_pictures import (
    CAMERA,
    MIMES,
    encoded,
    exif,
    moving,
    opened,
)


def again(content, mime, side=4096, **options):
    made, mime = reencode(BytesIO(content), mime, side, **options)
    assert facts_of(BytesIO(made), mime).is_bare
    assert CAMERA.encode() not in made
    return opened(made), mime


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_it_has_no_camera_metadata_and_is_upright(kind):
    """Rotated: the stored top left corner is shown at the top right."""
    image, mime = again(encoded(kind, exif=exif(6)), MIMES[kind])
    assert mime == MIMES[kind]
    assert image.size == (40, 60)
    assert not image.getexif()
    red, green, blue = image.convert("RGB").getpixel((30, 10))
    assert (red > 200, green < 90, blue < 90) == (True, True, True)


@pytest.mark.parametrize(
    "options", [{"comment": b"canary"}, {"xmp": b"canary"}, {"exif": exif()}]
)
def test_comments_and_other_metadata_are_removed(options):
    made, _ = reencode(BytesIO(encoded("JPEG", **options)), "image/jpeg")
    assert b"canary" not in made


def test_the_colour_profile_is_kept():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded("JPEG", exif=exif(), icc_profile=profile)
    image, _ = again(content, "image/jpeg")
    assert image.info["icc_profile"] == profile


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animation_stays_animated(kind):
    beside = {"comment": b"x"} if kind == "GIF" else {"exif": exif()}
    image, mime = again(moving(kind, **beside), MIMES[kind])
    assert (mime, image.n_frames) == (MIMES[kind], 2)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_without_animation_the_first_frame_is_used(kind):
    image, _ = again(moving(kind), MIMES[kind], moves=False)
    assert getattr(image, "n_frames", 1) == 1


def test_an_animation_that_is_too_large_becomes_its_first_frame(monkeypatch):
    monkeypatch.setattr("chats.files.reencoding.MOST_PIXELS", 60 * 40)
    image, mime = again(moving("GIF", comment=b"x"), "image/gif")
    assert (mime, getattr(image, "n_frames", 1)) == ("image/png", 1)


@pytest.mark.parametrize("kind", list(MIMES))
def test_it_is_scaled_to_the_shown_size(kind):
    image, _ = again(encoded(kind, sample_pictures.drawn(300, 200)), MIMES[kind], 100)
    assert image.size == (100, 67)


def test_transparency_is_kept():
    clear = sample_pictures.drawn().convert("RGBA")
    clear.putalpha(0)
    for kind in ("PNG", "WEBP"):
        image, _ = again(encoded(kind, clear, exif=exif()), MIMES[kind])
        assert image.convert("RGBA").getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "CMYK", "RGBA"])
def test_every_colour_mode_is_accepted(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = sample_pictures.drawn().convert("I" if mode == "I;16" else mode)
    content = encoded(kind, source.convert(mode), exif=exif())
    assert again(content, MIMES[kind])[0].size == (60, 40)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (lambda: sample_pictures.bomb(12_000), "image/png"),
        (sample_pictures.bomb, "image/png"),
        (encoded("PNG")[:60], "image/png"),
        (encoded("JPEG")[:200], "image/jpeg"),
        (sample_files.GIF, "image/gif"),
        (sample_files.WEBP, "image/webp"),
        (encoded("PNG"), "image/jpeg"),
        (sample_files.PDF, "application/pdf"),
        (b"", "image/png"),
    ],
)
def test_pictures_that_cannot_be_shown_are_detected_without_decoding(content, mime):
    content = content() if callable(content) else content
    with pytest.raises(UnreadableError):
        reencode(BytesIO(content), mime)
