"""Decodes base64 texts, as old controllers and consoles send them."""

from __future__ import annotations

import binascii
import re

# In characters, not bytes.
LONGEST_CONTENT = 65_536
# The base64 length of that many characters of four bytes each.
LONGEST_BASE64_CONTENT = -(-LONGEST_CONTENT * 4 // 3) * 4

# Line breaks, as LF or CRLF, and tabs are ordinary text.
_CONTROL = re.compile(r"(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def decode_base64_text(text: str) -> str | None:
    """Decodes strict base64 to UTF-8 text; None if it is not valid."""
    if len(text) % 4:  # accepted by Python after whole groups, even in strict mode
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True).decode()
    except ValueError:
        return None


def decode_where_written(text: str) -> str:
    """Decodes the text if it is base64, otherwise returns it unchanged.

    An ordinary word may be valid base64 too: a result with control characters is
    discarded.
    """
    decoded = decode_base64_text(text)
    if not decoded or _CONTROL.search(decoded):
        return text
    return decoded
