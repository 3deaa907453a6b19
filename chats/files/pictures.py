"""Reads a picture's size and structure from its file without decoding it.

It finds the size, and whether the file contains more than the visible picture: cameras
write place and time, programs write comments, and a second file may be appended to the
first.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

# More than any phone takes; decoded it fills 200 MB.
MOST_PIXELS = 50_000_000
# Of what is shown: no screen has more.
LONGEST_SIDE = 4096
# Of a colour profile, unpacked; others are left out of copies.
LARGEST_PROFILE = 512 * 1024
# A file with more parts than this is not parsed.
_MOST_PARTS = 200_000

# Chunks of the visible picture and of its colours.
_PNG = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD pHYS hIST iCCP cICP".split()
)
_WEBP = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDD, 0xE0, 0xEE))
_JPEG_SCAN, _JPEG_PROFILE = 0xDA, 0xE2


class Showing(StrEnum):
    """How a stored picture is shown; empty for all other files."""

    AS_IS = "as_is"
    COPY = "copy"
    # Only downloaded: it cannot be decoded here.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Facts:
    """A picture's size, its number of images, and whether its file has nothing else."""

    width: int
    height: int
    is_bare: bool
    images: int = 1

    @property
    def pixels(self) -> int:
        return self.width * self.height


class _BrokenError(Exception):
    """The file does not have the structure of its type."""


def facts_of(file: BinaryIO, mime: str) -> Facts | None:
    """Returns the facts of a picture, or None for other files and unknown sizes."""
    read = _READERS.get(mime)
    if read is None:
        return None
    file.seek(0)
    reader = _Reader(file)
    try:
        is_bare = read(reader)
    except (_BrokenError, struct.error, IndexError):
        is_bare = False
    if not reader.pixels:
        return None
    return Facts(reader.width, reader.height, is_bare, max(1, reader.images))


def showing_of(facts: Facts | None) -> Showing:
    """Returns how a picture with such facts is shown."""
    if facts is None or facts.pixels > MOST_PIXELS:
        return Showing.NEVER
    is_small = max(facts.width, facts.height) <= LONGEST_SIDE
    return Showing.AS_IS if facts.is_bare and is_small else Showing.COPY


class _Reader:
    """Sequential reader of the file, with the largest size found in it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.width = self.height = self.images = 0
        self._parts = 0

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def include_size(self, width: int, height: int) -> None:
        self.width, self.height = max(self.width, width), max(self.height, height)

    def read(self, count: int) -> bytes:
        """Returns the next bytes. Raises _BrokenError if there are fewer."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _BrokenError
        taken = self.file.read(count)
        if len(taken) != count:
            raise _BrokenError
        return taken

    def skip(self, count: int) -> None:
        self.file.seek(count, os.SEEK_CUR)

    @property
    def is_at_end(self) -> bool:
        return not self.file.read(1)


def _png(reader: _Reader) -> bool:
    reader.read(8)
    is_bare = True
    while True:
        length, kind = struct.unpack(">I4s", reader.read(8))
        if kind == b"IHDR":
            reader.include_size(*struct.unpack(">II", reader.read(8)))
            length -= 8
        is_bare &= kind in _PNG
        if kind == b"iCCP":
            profile = reader.read(min(length, LARGEST_PROFILE))
            length -= len(profile)
            is_bare &= not length and _is_profile_small(profile)
        if not is_bare and reader.pixels:
            return False
        reader.skip(length + 4)
        if kind == b"IEND":
            return reader.is_at_end


def _is_profile_small(chunk: bytes) -> bool:
    """Whether a packed profile can be unpacked, and has at most LARGEST_PROFILE bytes."""
    _name, _zero, packed = chunk.partition(b"\0")
    try:
        # After a byte that names the only method.
        profile = zlib.decompressobj().decompress(packed[1:], LARGEST_PROFILE + 1)
    except zlib.error:
        return False
    return len(profile) <= LARGEST_PROFILE


def _jpeg(reader: _Reader) -> bool:
    reader.read(2)
    is_bare = True
    while True:
        marker = _jpeg_marker(reader)
        length = int.from_bytes(reader.read(2), "big") - 2
        if length < 0:
            raise _BrokenError
        if marker in _JPEG_SIZES:
            _, height, width = struct.unpack(">BHH", reader.read(5))
            reader.include_size(width, height)
            length -= 5
        elif marker == _JPEG_SCAN:
            reader.file.seek(-2, os.SEEK_END)
            return is_bare and reader.read(2) == b"\xff\xd9"
        elif marker == _JPEG_PROFILE:
            name = reader.read(min(11, length))
            is_bare &= name == b"ICC_PROFILE"
            length -= len(name)
        else:
            is_bare &= marker in _JPEG_TABLES
        reader.skip(length)


def _jpeg_marker(reader: _Reader) -> int:
    if reader.read(1) != b"\xff":
        raise _BrokenError
    # Any number of fill bytes may stand before the marker.
    while (marker := reader.read(1)[0]) == 0xFF:
        pass
    return marker


def _gif(reader: _Reader) -> bool:
    _, width, height, flags = struct.unpack("<6sHHB", reader.read(11))
    reader.include_size(width, height)
    reader.read(2)
    _skip_colours(reader, flags)
    is_bare = True
    while True:
        block = reader.read(1)
        if block == b"\x3b":
            return is_bare and reader.is_at_end
        if block == b"\x2c":
            reader.images += 1
            left, top, width, height, flags = struct.unpack("<HHHHB", reader.read(9))
            reader.include_size(left + width, top + height)
            _skip_colours(reader, flags)
            reader.read(1)
        elif block == b"\x21":
            is_bare &= _is_gif_control(reader)
        else:
            return False
        while size := reader.read(1)[0]:
            reader.skip(size)


def _skip_colours(reader: _Reader, flags: int) -> None:
    if flags & 0x80:
        reader.skip(3 << ((flags & 7) + 1))


def _is_gif_control(reader: _Reader) -> bool:
    """Returns whether the extension is part of the animation, and not metadata."""
    label = reader.read(1)
    if label == b"\xff":
        name = reader.read(reader.read(1)[0])
        return name in _GIF_LOOPS
    return label == b"\xf9"


def _webp(reader: _Reader) -> bool:
    reader.read(12)
    is_bare = True
    while head := reader.file.read(8):
        kind, length = struct.unpack("<4sI", head)
        is_bare &= kind in _WEBP
        reader.images += kind == b"ANMF"
        taken = min(length, 10)
        start = reader.read(taken)
        if kind == b"VP8X":
            width = int.from_bytes(start[4:7], "little") + 1
            reader.include_size(width, int.from_bytes(start[7:10], "little") + 1)
        elif kind == b"VP8 " and start[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack("<HH", start[6:10])
            reader.include_size(width & 0x3FFF, height & 0x3FFF)
        elif kind == b"VP8L" and start[:1] == b"\x2f":
            bits = int.from_bytes(start[1:5], "little")
            reader.include_size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        reader.skip(length - taken + (length & 1))
    return is_bare


_READERS = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
PICTURES = frozenset(_READERS)
