"""Texts that come as base64, as old controllers and consoles send them."""

from __future__ import annotations

import binascii
import re

# Characters, as people count them.
LONGEST_CONTENT = 65_536
# What that many characters of four bytes each take as base64.
LONGEST_BASE64_CONTENT = -(-LONGEST_CONTENT * 4 // 3) * 4

# Newline, in either spelling, and tab are how people write.
_CONTROL = re.compile(r"(?!\r\n)[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def decode_base64_text(text: str) -> str | None:
    """The UTF-8 text that strict base64 stands for; None when it is not that."""
    if len(text) % 4:  # which Python, strict or not, lets pass after whole groups
        return None
    try:
        return binascii.a2b_base64(text, strict_mode=True).decode()
    except ValueError:
        return None


def decode_where_written(text: str) -> str:
    """The text behind base64, or the text as it came when it is none.

    A word may happen to be base64 too: what decodes to control characters was not
    meant so.
    """
    decoded = decode_base64_text(text)
    if not decoded or _CONTROL.search(decoded):
        return text
    return decoded
