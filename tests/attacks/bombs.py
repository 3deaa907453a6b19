"""Decompression bombs: small files that decode to a huge size, or declare one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from PIL import Image

from tests.chats.files.conversion import samples

MiB = 2**20
# The decompressed size of parts in files whose content is not read.
GROWN = 512 * MiB


class Bomb(NamedTuple):
    """A file, its declared type, and whether its upload is refused at once."""

    make: Callable[[], bytes]
    mime: str
    type: str
    is_refused: bool = False


def png_part(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return (
        struct.pack(">I", len(content))
        + checked
        + struct.pack(">I", zlib.crc32(checked))
    )


def _png(width: int, height: int, *parts: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (png_part(b"IHDR", head), *parts, png_part(b"IEND", b""))
    )


def pixel_bomb(width: int = 25_000, height: int = 25_000) -> bytes:
    """A PNG of a few kilobytes that decodes to 1.8 GB."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width * 3)
    packed = b"".join(packer.compress(row) for _ in range(200)) + packer.flush()
    return _png(width, height, png_part(b"IDAT", packed))


@cache
def largest_picture() -> bytes:
    """The largest number of pixels that is still decoded, in 150 kilobytes."""
    made = io.BytesIO()
    Image.new("RGB", (7000, 7000), (10, 90, 200)).save(made, "PNG", compress_level=9)
    return made.getvalue()


@cache
def _packed(size: int = GROWN) -> bytes:
    packer, block = zlib.compressobj(9), bytes(MiB)
    return b"".join(packer.compress(block) for _ in range(size // MiB)) + packer.flush()


def _pixel() -> bytes:
    return png_part(b"IDAT", zlib.compress(bytes(4)))


def png_with_text_bomb() -> bytes:
    """A PNG of one pixel with a comment of half a gigabyte."""
    return _png(1, 1, png_part(b"zTXt", b"Comment\x00\x00" + _packed()), _pixel())


def png_with_profile_bomb() -> bytes:
    return _png(1, 1, png_part(b"iCCP", b"sRGB\x00\x00" + _packed()), _pixel())


def gif_with_huge_screen() -> bytes:
    """A small GIF on a screen of 65,535 by 65,535."""
    content = bytearray(samples.image("GIF"))
    content[6:10] = struct.pack("<HH", 65_535, 65_535)
    return bytes(content)


def gif_with_many_frames(frames: int = 10_000, side: int = 2000) -> bytes:
    """Ten thousand frames that each change one pixel of four million."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0)
    colours = b"\xff\xff\xff\x00\x00\x00"
    control = b"\x21\xf9\x04\x04\x02\x00\x00\x00"
    # One pixel, by the codes clear, 0 and end.
    frame = (
        control
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
        + b"\x02\x02\x44\x01\x00"
    )
    return head + colours + frame * frames + b"\x3b"


def webp_declaring_huge_size() -> bytes:
    content = bytearray(samples.animation("WEBP"))
    content[24:30] = (16_383).to_bytes(3, "little") * 2
    return bytes(content)


@cache
def large_webp_of_one_colour() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (7000, 7000)).save(made, "WEBP", lossless=True, method=0)
    return made.getvalue()


def heic_declaring_huge_size() -> bytes:
    """A HEIC whose size boxes all declare 65,535 by 65,535."""
    content = bytearray(samples.image("HEIF"))
    at = content.find(b"ispe")
    assert at > 0
    while at > 0:
        content[at + 8 : at + 16] = struct.pack(">II", 65_535, 65_535)
        at = content.find(b"ispe", at + 4)
    return bytes(content)


def tiff_declaring_huge_size() -> bytes:
    content = bytearray(samples.image("TIFF", compression="tiff_adobe_deflate"))
    [entries] = struct.unpack_from("<I", content, 4)
    [count] = struct.unpack_from("<H", content, entries)
    for at in range(entries + 2, entries + 2 + 12 * count, 12):
        [tag, _kind] = struct.unpack_from("<HH", content, at)
        if tag in (256, 257):
            struct.pack_into("<HHII", content, at, tag, 4, 1, 60_000)
    return bytes(content)


def svg_with_entity_bomb() -> bytes:
    """An SVG with the "billion laughs" entities."""
    names = "abcdefghij"
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    return (
        f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "ha">{entities}]>'
        '<svg xmlns="http://www.w3.org/2000/svg"><text>&j;</text></svg>'
    ).encode()


def pdf_bomb() -> bytes:
    stream = _packed()
    head = b"%%PDF-1.4\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % len(
        stream
    )
    return head + stream + b"\nendstream\nendobj\ntrailer<<>>\n%%EOF\n"


@cache
def zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as output:
        _add_zeros(output, "zeros")
    return made.getvalue()


def docx_bomb() -> bytes:
    """A Word document, by its first bytes, that decompresses to half a gigabyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as output:
        output.writestr("[Content_Types].xml", b"<x/>")
        _add_zeros(output, "word/document.xml")
    return made.getvalue()


def _add_zeros(output: zipfile.ZipFile, name: str) -> None:
    with output.open(name, "w") as file:
        for _ in range(GROWN // MiB):
            file.write(bytes(MiB))


def wav_declaring_huge_size() -> bytes:
    """A WAV header that declares 4 GB in 65,535 channels."""
    content = bytearray(samples.sound("wav", "pcm_s16le"))
    at = content.find(b"fmt ") + 8
    struct.pack_into("<HHIIHH", content, at, 1, 65_535, 2**22, 2**32 - 1, 65_534, 16)
    at = content.find(b"data") + 4
    struct.pack_into("<I", content, at, 2**32 - 1)
    return bytes(content)


def _with_table(content: bytes, name: bytes, offset: int, value: int) -> bytes:
    changed = bytearray(content)
    at = changed.find(name)
    assert at > 0
    struct.pack_into(">I", changed, at + 4 + offset, value)
    return bytes(changed)


def audio_with_huge_sample_table() -> bytes:
    """An audio file whose sample table declares two billion samples."""
    return _with_table(samples.sound("ipod", "aac", 44_100), b"stsz", 8, 2**31 - 1)


def video_with_huge_sample_table() -> bytes:
    return _with_table(samples.film("mp4", "libx264"), b"stsz", 8, 2**31 - 1)


def video_with_larger_frames() -> bytes:
    """A video declared as 64 by 48 whose frames declare 16,383 by 16,383."""
    start, size = b"\x9d\x01\x2a", struct.pack("<HH", 64, 48)
    content = samples.film("webm", "libvpx", None, (64, 48))
    assert start + size in content
    return content.replace(start + size, start + struct.pack("<HH", 16_383, 16_383))


def video_with_huge_track() -> bytes:
    """A video whose track declares 65,535 by 65,535."""
    content = bytearray(samples.film("mp4", "libx264"))
    at = content.find(b"avc1", content.find(b"stsd"))
    struct.pack_into(">HH", content, at + 4 + 24, 65_535, 65_535)
    return bytes(content)


BOMBS = {
    "a PNG of 1.8 GB": Bomb(pixel_bomb, "image/png", "image", is_refused=True),
    "a PNG of 50 million pixels": Bomb(largest_picture, "image/png", "image"),
    "a PNG with 512 MB of text": Bomb(png_with_text_bomb, "image/png", "image"),
    "a PNG with a profile of 512 MB": Bomb(png_with_profile_bomb, "image/png", "image"),
    "a GIF of 65,535 by 65,535": Bomb(
        gif_with_huge_screen, "image/gif", "image", is_refused=True
    ),
    "a GIF of 10,000 frames": Bomb(gif_with_many_frames, "image/gif", "image"),
    "a WebP of 16,383 by 16,383": Bomb(
        webp_declaring_huge_size, "image/webp", "image", is_refused=True
    ),
    "a WebP of 49 million pixels": Bomb(
        large_webp_of_one_colour, "image/webp", "image"
    ),
    "a HEIC of 65,535 by 65,535": Bomb(heic_declaring_huge_size, "image/heic", "image"),
    "a TIFF of 60,000 by 60,000": Bomb(
        tiff_declaring_huge_size, "image/tiff", "image", is_refused=True
    ),
    "an SVG of entities": Bomb(
        svg_with_entity_bomb, "image/svg+xml", "image", is_refused=True
    ),
    "a PDF with a stream of 512 MB": Bomb(pdf_bomb, "application/pdf", "pdf"),
    "a ZIP of 512 MB": Bomb(zip_bomb, "application/zip", "file"),
    "a letter of 512 MB": Bomb(docx_bomb, "application/zip", "file"),
    "a WAV of 65,535 channels": Bomb(wav_declaring_huge_size, "audio/wav", "audio"),
    "a sound of two billion samples": Bomb(
        audio_with_huge_sample_table, "audio/mp4", "audio"
    ),
    "a film of two billion samples": Bomb(
        video_with_huge_sample_table, "video/mp4", "video"
    ),
    "a film of 65,535 by 65,535": Bomb(video_with_huge_track, "video/mp4", "video"),
    "a film that grows to 16,383 by 16,383": Bomb(
        video_with_larger_frames, "video/webm", "video"
    ),
}
