"""Files received from gateways, in the form that can be stored."""

from __future__ import annotations

from base64 import b64encode

from chats.files.data_uri import NotADataUriError, SentFile, parse_data_uri
from chats.gateways.base import MOST_MEDIA, Media
from chats.gateways.base64_media import decoded


def file_of(media: Media) -> SentFile | None:
    """Returns the received file, or None if there is none or it is empty."""
    content = decoded(media.base64)
    return as_sent(content, media.mime) if content else None


def as_sent(content: bytes, mime: str) -> SentFile | None:
    """Returns the bytes as a file that can be stored, or None if they are too large."""
    kind = mime if mime.count("/") == 1 else "application/octet-stream"
    encoded = b64encode(content).decode()
    try:
        sent = parse_data_uri(f"data:{kind};base64,{encoded}", MOST_MEDIA)
    except NotADataUriError:
        return None
    return sent if sent.found is not None else None
