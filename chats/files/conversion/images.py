"""Converts pictures: upright, without camera metadata, small enough."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from chats.files.conversion.reasons import CannotConvertError

# More than any phone takes; as RGB it fills 150 MB.
MOST_PIXELS = 50_000_000
# Of converted pictures: no client of ours or theirs shows more.
LONGEST_SIDE = 4096
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")
_QUALITIES = (90, 80, 70)
_WHITE = (255, 255, 255)

STICKER_SIDE = 512
_LARGEST_STICKER, _LARGEST_MOVING_STICKER = 100_000, 500_000


@contextmanager
def opened(source: Path | IO[bytes]) -> Iterator[Image.Image]:
    """Yields the picture, not decoded yet.

    Raises UnfitError if there is none, or if it is a decompression bomb.
    """
    _register_heif()
    try:
        with warnings.catch_warnings():
            # A header may state any size: it is checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(source, formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise CannotConvertError("too_large")
                yield image
    except CannotConvertError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise CannotConvertError("too_large") from error
    # Pillow's readers raise different errors, depending on the format.
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise CannotConvertError("unreadable") from error
    except (EOFError, IndexError, KeyError, TypeError, RuntimeError) as error:
        raise CannotConvertError("unreadable") from error


def write_jpeg(
    source: Path | IO[bytes], target: Path | IO[bytes], largest: int | None = None
) -> None:
    """Writes the picture as JPEG of at most `largest` bytes, scaled down if needed."""
    with opened(source) as image:
        # A JPEG can be read at a half, a quarter or an eighth of its size.
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = on_white(ImageOps.exif_transpose(image))
        profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        _save(picture, target, largest, profile)


def on_white(image: Image.Image) -> Image.Image:
    """Returns the picture as RGB; transparency becomes white, as in every client."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image if image.mode == "RGB" else image.convert("RGB")
    layer = image.convert("RGBA")
    whole = Image.new("RGB", layer.size, _WHITE)
    whole.paste(layer, mask=layer.getchannel("A"))
    return whole


def is_moving(image: Image.Image) -> bool:
    return getattr(image, "n_frames", 1) > 1


def is_sticker(image: Image.Image, size: int) -> bool:
    """Returns whether the picture can be sent as a sticker unchanged."""
    largest = _LARGEST_MOVING_STICKER if is_moving(image) else _LARGEST_STICKER
    square = (STICKER_SIDE, STICKER_SIDE)
    return image.format == "WEBP" and image.size == square and size <= largest


def _save(
    picture: Image.Image,
    target: Path | IO[bytes],
    largest: int | None,
    profile: bytes | None,
) -> None:
    while True:
        for quality in _QUALITIES:
            size = _write(picture, target, quality, profile)
            if largest is None or size <= largest:
                return
        if min(picture.size) < 16:
            raise CannotConvertError("too_large")
        half = (max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4))
        picture = picture.resize(half, Image.Resampling.LANCZOS)


def _write(
    picture: Image.Image,
    target: Path | IO[bytes],
    quality: int,
    profile: bytes | None,
) -> int:
    """Overwrites the target; returns the size of what was written."""
    with (
        open(target, "wb") if isinstance(target, Path) else _from_start(target) as file
    ):
        picture.save(file, "JPEG", quality=quality, optimize=False, icc_profile=profile)
        return file.tell()


@contextmanager
def _from_start(target: IO[bytes]) -> Iterator[IO[bytes]]:
    target.seek(0)
    target.truncate()
    yield target


def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
