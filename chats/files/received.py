"""Files received from gateways, in the form that can be stored."""

from __future__ import annotations

from chats.files.data_uri import SentFile, file_of_bytes
from chats.gateways.base import MOST_MEDIA, Media
from chats.gateways.base64_media import decoded


def file_of(media: Media) -> SentFile | None:
    """Returns the received file, or None if there is none or it is empty."""
    content = decoded(media.base64)
    return as_sent(content, media.mime) if content else None


def as_sent(content: bytes, mime: str) -> SentFile | None:
    """Returns the bytes as a file that can be stored; None if empty or too large."""
    if not 0 < len(content) <= MOST_MEDIA:
        return None
    return file_of_bytes(content, mime)
