"""Normalizes codes and names of areas that look the same."""

from __future__ import annotations

import unicodedata

# Zero-width characters: joiners, direction marks, soft hyphens, invisible operators
# and the byte order mark.
_ZERO_WIDTH = dict.fromkeys(
    [
        0x00AD,
        0x034F,
        0x061C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ]
)


def normalize_area_text(text: str) -> str:
    """Returns the form in which codes and names are stored and compared.

    Letters are composed (NFC), zero-width characters removed, and white space is
    reduced to single spaces between words. The result may be empty.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_ZERO_WIDTH))
    return " ".join(text.split())


def spellings_of(text: str) -> list[str]:
    """Returns the forms to search for: the text and, if different, the normalized one.

    The first one wins: old areas that could not be normalized, because another area has
    the normalized text, are found by their own spelling.
    """
    return list(dict.fromkeys([text, normalize_area_text(text)]))
