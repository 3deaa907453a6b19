"""Compares screenshots with committed ones, and writes new ones.

Fonts are smoothed differently on other machines, so that pixels differ where nothing is
wrong. Therefore the brightness of blocks is compared, not of pixels.
"""

from __future__ import annotations

import io
import math
import os
from collections import Counter
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageChops

FOLDER = Path(settings.BASE_DIR) / "docs" / "screenshots"
UPDATE = "UPDATE_SCREENSHOTS"
BLOCK = 16  # px
DIFFERENT = 12  # of 255 that a block's brightness may be off
MOST_DIFFERENT = 0.005  # of all blocks


def difference(picture: Image.Image, other: Image.Image) -> float:
    """Returns the share of blocks that differ; 1 for pictures of other sizes."""
    if picture.size != other.size:
        return 1.0
    blocks = [one.convert("L").reduce(BLOCK) for one in (picture, other)]
    histogram = ImageChops.difference(*blocks).histogram()
    return sum(histogram[DIFFERENT + 1 :]) / sum(histogram)


def is_same(picture: Image.Image, other: Image.Image) -> bool:
    return difference(picture, other) <= MOST_DIFFERENT


def compare(name: str, taken: bytes, folder: Path) -> str:
    """Returns the problem with a screenshot, or ""; `folder` is for differing ones.

    With UPDATE_SCREENSHOTS set, it replaces the committed one instead.
    """
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    path = FOLDER / f"{name}.png"
    if os.environ.get(UPDATE):
        save(picture, path)
        return ""
    if not path.exists():
        return f"{path} is missing: {UPDATE}=1 writes it"
    share = difference(picture, Image.open(path).convert("RGB"))
    if share <= MOST_DIFFERENT:
        return ""
    wrong = folder / path.name
    picture.save(wrong)
    return f"{name}: {share:.1%} of it is not as in {path}; see {wrong}"


def save(picture: Image.Image, path: Path) -> None:
    """Stores it with its 256 most frequent colours, if it looks different."""
    if path.exists() and difference(picture, Image.open(path).convert("RGB")) == 0:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _with_few_colours(picture).save(path, optimize=True)


def _with_few_colours(picture: Image.Image) -> Image.Image:
    """Reduces the colours; Pillow's own methods would blend those of small areas."""
    data = picture.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    colours = [colour for colour, _ in Counter(pixels).most_common()]
    index = {colour: place for place, colour in enumerate(colours[:256])}
    for colour in colours[256:]:
        nearest = min(colours[:256], key=lambda one: math.dist(one, colour))
        index[colour] = index[nearest]
    reduced = Image.frombytes("P", picture.size, bytes(index[one] for one in pixels))
    reduced.putpalette([value for colour in colours[:256] for value in colour])
    return reduced
