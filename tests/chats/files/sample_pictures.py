"""Sample pictures from cameras, programs and attackers."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image

CAMERA = "canary-of-the-camera"
MIMES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}


def drawn(width: int = 60, height: int = 40) -> Image.Image:
    """A picture with another colour in each corner, to check its orientation."""
    image = Image.new("RGB", (width, height), "white")
    for corner, colour in (
        ((0, 0), "red"),
        ((width // 2, 0), "green"),
        ((0, height // 2), "blue"),
    ):
        image.paste(colour, (*corner, corner[0] + width // 2, corner[1] + height // 2))
    return image


def encoded(kind: str, image: Image.Image | None = None, **options: Any) -> bytes:
    out = BytesIO()
    (image or drawn()).save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """A phone's EXIF metadata: its maker, the location and the orientation."""
    data = Image.Exif()
    data[0x0110], data[0x0112] = CAMERA, orientation
    data.get_ifd(0x8825)[1] = "S"
    return data


def moving(kind: str, **options: Any) -> bytes:
    first = drawn()
    return encoded(
        kind,
        first,
        save_all=True,
        append_images=[first.rotate(180)],
        duration=100,
        loop=0,
        **options,
    )


def opened(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@cache
def bomb(side: int = 25_000) -> bytes:
    """A PNG of one colour: few bytes for any number of pixels."""

    def part(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return (
            struct.pack(">I", len(data))
            + checked
            + struct.pack(">I", zlib.crc32(checked))
        )

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    lines = zlib.compressobj(9)
    line = b"\0" * (side // 8 + 2)
    many, rest = divmod(side, 100)
    packed = b"".join(lines.compress(line * 100) for _ in range(many))
    packed += lines.compress(line * rest) + lines.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", packed)
        + part(b"IEND", b"")
    )
