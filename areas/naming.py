"""One form for the codes and names of areas that look the same."""

from __future__ import annotations

import unicodedata

# Characters that take no place: joiners, marks of direction, soft hyphens, invisible
# operators and the byte order mark.
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
    """The form in which codes and names are stored and compared.

    Composed letters (NFC), no characters without width, and of blanks, whatever
    their kind, a single space between words. It may be empty.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_ZERO_WIDTH))
    return " ".join(text.split())


def spellings_of(text: str) -> list[str]:
    """As what a caller's text is looked for: as it came and, if different, normalized.

    The first wins: areas that were stored before spellings counted as one, and that
    could not be normalized because another bears the text, are reached by their own.
    """
    return list(dict.fromkeys([text, normalize_area_text(text)]))
