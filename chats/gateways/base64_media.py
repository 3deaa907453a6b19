"""Decodes base64 from gateways, with or without the prefix of a data URI."""

from __future__ import annotations

import binascii
from base64 import b64decode

from chats.gateways.base import MOST_MEDIA


def decoded(value: str) -> bytes:
    """Returns the bytes; empty if the text is not base64 or decodes to too much."""
    if value.startswith("data:"):
        value = value.partition(",")[2]
    if is_too_large(value):
        return b""
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_too_large(value: str) -> bool:
    """Returns whether the text is longer than that of any file that is stored."""
    return len(value) > (MOST_MEDIA + 2) // 3 * 4
