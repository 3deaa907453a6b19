"""Re-encodes pictures: upright, at most as large as shown, without metadata."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Any, BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from chats.files.pictures import (
    LARGEST_PROFILE,
    LONGEST_SIDE,
    MOST_PIXELS,
    facts_of,
)

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"

_FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF", WEBP: "WEBP"}
_QUALITY = 85
# Decoders raise different errors, depending on the format.
_BROKEN = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    UnidentifiedImageError,
    ValueError,
    struct.error,
)


class UnreadableError(Exception):
    """The file contains no picture that can be shown."""


def reencode(
    file: BinaryIO, mime: str, side: int = LONGEST_SIDE, *, moves: bool = True
) -> tuple[bytes, str]:
    """Returns the re-encoded picture and its type.

    Only its first image is used if it must not be animated, or would be too large.
    Raises UnreadableError, also for too many pixels: the header gives their number.
    """
    try:
        # KeyError: not a type of picture that is shown.
        file.seek(0)
        with Image.open(file, formats=[_FORMATS[mime]]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UnreadableError
            made = None
            if moves and mime in (GIF, WEBP) and max(image.size) <= side:
                made = _moving(image, mime)
            return made or _still(image, mime, side)
    except _BROKEN as error:
        raise UnreadableError from error


def _still(image: Image.Image, mime: str, side: int) -> tuple[bytes, str]:
    if mime == JPEG:
        # The decoder can read it at a half, a quarter or an eighth of its size.
        image.draft("RGB", (side, side))
    picture = ImageOps.exif_transpose(image)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    profile = picture.info.get("icc_profile")
    options: dict[str, Any] = {}
    if profile and len(profile) <= LARGEST_PROFILE:
        options["icc_profile"] = profile
    if mime == JPEG:
        if picture.mode not in ("L", "RGB"):
            picture, options = picture.convert("RGB"), {}
        return _saved(picture, JPEG, quality=_QUALITY, **options), JPEG
    if mime == WEBP:
        return _saved(picture, WEBP, quality=_QUALITY, **options), WEBP
    if picture.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return _saved(picture, PNG, **options), PNG


def _moving(image: Image.Image, mime: str) -> tuple[bytes, str] | None:
    """Returns None for a still picture, and for an animation over the limits."""
    count = getattr(image, "n_frames", 1)
    if count == 1 or count * image.width * image.height > MOST_PIXELS:
        image.seek(0)
        return None
    options: dict[str, Any] = {"loop": image.info.get("loop", 0)}
    if mime == WEBP:
        options["quality"] = _QUALITY
    made = _saved(image, mime, save_all=True, **options)
    facts = facts_of(BytesIO(made), mime)
    if facts is None or not facts.is_bare:
        image.seek(0)
        return None
    return made, mime


def _saved(picture: Image.Image, mime: str, **options: Any) -> bytes:
    # Encoders copy what they find there: comments, XMP.
    kept = ("transparency", "duration", "background")
    picture.info = {name: picture.info[name] for name in kept if name in picture.info}
    out = BytesIO()
    picture.save(out, _FORMATS[mime], **options)
    return out.getvalue()
