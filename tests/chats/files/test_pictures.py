"""Properties of a picture's file, found without decoding it."""

from __future__ import annotations

import os
from io import BytesIO

import pytest

from chats.files.pictures import (
    LARGEST_PROFILE,
    LONGEST_SIDE,
    Showing,
    facts_of,
    showing_of,
)
from tests.chats.files import sample_files, sample_pictures
from tests.chats.files.sample_pictures import MIMES, encoded, exif, moving

KINDS = list(MIMES)


def facts(content, mime):
    return facts_of(BytesIO(content), mime)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_without_metadata_is_shown_unchanged(kind):
    found = facts(encoded(kind), MIMES[kind])
    assert (found.width, found.height, found.is_bare) == (60, 40, True)
    assert showing_of(found) == Showing.AS_IS


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_an_animated_picture_without_metadata_is_shown_unchanged(kind):
    assert facts(moving(kind), MIMES[kind]).is_bare


@pytest.mark.parametrize("options", [{"progressive": True}, {"quality": 100}, {}])
def test_every_variant_of_jpeg_is_read(options):
    assert facts(encoded("JPEG", **options), "image/jpeg").is_bare


def test_a_jpeg_with_fill_bytes_is_read():
    content = encoded("JPEG").replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1)
    assert facts(content, "image/jpeg").is_bare


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {"exif": exif()}),
        ("JPEG", {"exif": exif()}),
        ("WEBP", {"exif": exif()}),
        ("JPEG", {"comment": b"who made it"}),
        ("GIF", {"comment": b"who made it"}),
        ("JPEG", {"xmp": b"<x/>"}),
        ("WEBP", {"xmp": b"<x/>"}),
    ],
)
def test_a_picture_with_metadata_is_copied(kind, options):
    found = facts(encoded(kind, **options), MIMES[kind])
    assert not found.is_bare
    assert showing_of(found) == Showing.COPY


PROFILE = bytes(LARGEST_PROFILE)


@pytest.mark.parametrize(
    ("profile", "showing"),
    [
        (PROFILE, Showing.AS_IS),
        # It has 600 bytes compressed; a browser would decompress it.
        (PROFILE + b"\0", Showing.COPY),
        (os.urandom(LARGEST_PROFILE + 1), Showing.COPY),
    ],
    ids=["the largest", "one byte more", "one that cannot be packed"],
)
def test_a_small_colour_profile_is_kept(profile, showing):
    content = encoded("PNG", icc_profile=profile)
    found = facts(content, "image/png")
    assert (found.width, found.height) == (60, 40)
    assert showing_of(found) == showing


def test_an_invalid_colour_profile_is_ignored():
    content = encoded("PNG", icc_profile=bytes(100))
    start = content.index(b"iCCP") + 4
    packed = content.index(b"\0\0", start) + 2
    broken = content[:packed] + b"\xff" + content[packed + 1 :]
    assert showing_of(facts(broken, "image/png")) == Showing.COPY


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_with_an_appended_file_is_copied(kind):
    found = facts(encoded(kind) + sample_files.HTML, MIMES[kind])
    assert showing_of(found) == Showing.COPY


def test_a_png_with_metadata_after_the_pixels_is_copied():
    """Some readers stop after the pixels."""
    content = encoded("PNG", exif=exif())
    start = content.index(b"eXIf") - 4
    length = int.from_bytes(content[start : start + 4], "big") + 12
    part = content[start : start + length]
    end = content.index(b"IEND") - 4
    moved = content.replace(part, b"")
    end -= length if start < end else 0
    moved = moved[:end] + part + moved[end:]
    assert sample_pictures.opened(moved).getexif()
    assert not facts(moved, "image/png").is_bare


def test_a_picture_larger_than_shown_is_copied():
    wide = encoded("PNG", sample_pictures.drawn(LONGEST_SIDE + 1, 2))
    assert showing_of(facts(wide, "image/png")) == Showing.COPY


def test_a_bomb_is_never_shown():
    found = facts(sample_pictures.bomb(), "image/png")
    assert (found.width, found.height) == (25_000, 25_000)
    assert showing_of(found) == Showing.NEVER


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (sample_files.JPEG, "image/jpeg"),
        (sample_files.WEBP, "image/webp"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x04\x00\x00\x00WEBP", "image/webp"),
        (b"\xff\xd8" + b"\xff" * 300_000, "image/jpeg"),
        (b"\xff\xd8\xff\xe0\x00\x00" * 10, "image/jpeg"),
    ],
)
def test_a_file_without_a_size_is_never_shown(content, mime):
    assert facts(content, mime) is None
    assert showing_of(None) == Showing.NEVER


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_raises_no_error(kind):
    content = encoded(kind, **({"exif": exif()} if kind != "GIF" else {}))
    for length in range(0, len(content), max(1, len(content) // 100)):
        found = facts(content[:length], MIMES[kind])
        assert found is None or not found.is_bare or kind == "WEBP"


def test_other_files_are_not_pictures():
    assert facts(sample_files.PDF, "application/pdf") is None
