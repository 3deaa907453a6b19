"""Content of WhatsApp protocol messages in Evolution's format."""

from __future__ import annotations

import json
from typing import Any

from chats.gateways import parsing
from chats.gateways.base import Media
from chats.gateways.events import Content, Origin
from chats.gateways.evolution.structured import READERS
from chats.gateways.parsing import found, text

FILES = {
    "imageMessage": "image",
    "stickerMessage": "image",
    "audioMessage": "audio",
    "videoMessage": "video",
    "ptvMessage": "video",
    "documentMessage": "file",
}
# Types without content from a person: keys, pins, announcements of albums (their parts
# come by themselves), and what only the phone can decrypt.
SILENT = {
    "albumMessage",
    "encReactionMessage",
    "encEventResponseMessage",
    "keepInChatMessage",
    "messageHistoryBundle",
    "messageHistoryNotice",
    "pinInChatMessage",
    "pollUpdateMessage",
    "secretEncryptedMessage",
    "senderKeyDistributionMessage",
    "stickerSyncRmrMessage",
}
LONGEST_MEDIA_TEXT = 36 * 2**20
LONGEST_DETAILS = 16 * 2**10
DEEPEST_WRAPPER = 8
# Large, and not needed to fetch the file again.
_PICTURES_IN_PARTS = {"jpegThumbnail", "waveform", "contextInfo", "scansSidecar"}


class Said:
    """A message without its wrappers: its kind, the part of that kind, the rest."""

    def __init__(self, message: Any, kind: str = "") -> None:
        self.message, self.kind = _unwrapped(message, kind)
        self.part: Any = found(self.message, self.kind)

    @property
    def context(self) -> Any:
        """Returns the context info of the message's part."""
        return found(self.part, "contextInfo")


def _unwrapped(message: Any, kind: str) -> tuple[Any, str]:
    """Returns the innermost message and its kind.

    Disappearing and view-once messages, documents with captions, photos of an album and
    others come as a part that contains the message: `{"message": {...}}`.
    """
    if not _is_content(kind) or not isinstance(found(message, kind), dict | str):
        kind = _kind_of(message) or kind
    for _ in range(DEEPEST_WRAPPER):
        inner = found(message, kind, "message")
        if not isinstance(inner, dict):
            break
        message, kind = inner, _kind_of(inner) or kind
    return message, kind


def _kind_of(message: Any) -> str:
    """Returns the name of the part that is the content."""
    names = list(message) if isinstance(message, dict) else []
    silent = (name for name in names if name in SILENT)
    return next(filter(_is_content, names), next(silent, ""))


def _is_content(kind: str) -> bool:
    """Returns whether it is content: keys for a group and the like come beside it."""
    return kind not in SILENT and (kind == "conversation" or "Message" in kind)


def content_of(data: Any, inner: Said) -> Content:
    """Returns the message's content; a placeholder for an unknown type."""
    text_part = found(inner.message, "conversation") or found(
        inner.message, "extendedTextMessage", "text"
    )
    if text_part:
        return Content("text", text(text_part))
    if inner.kind in FILES and isinstance(inner.part, dict):
        media = _media(data, inner)
        return Content(FILES[inner.kind], text(inner.part.get("caption")), media)
    shown = inner.kind.removesuffix("Message")
    reader = READERS.get(inner.kind)
    kind, line = reader(inner.part) if reader else ("text", _chosen(inner.part))
    if line:
        return Content(kind, line)
    return Content(parsing.kind(shown), parsing.placeholder(shown))


def _media(data: Any, inner: Said) -> Media:
    part = inner.part
    delivered = (
        found(data, "message", "base64")
        or found(inner.message, "base64")
        or part.get("base64")
    )
    return Media(
        mime=text(part.get("mimetype")).partition(";")[0].strip(),
        name=text(part.get("fileName")) or text(part.get("title")),
        base64=text(delivered, longest=LONGEST_MEDIA_TEXT),
        id=text(found(data, "key", "id")),
        details="" if delivered else _details(data, inner),
    )


def _details(data: Any, inner: Said) -> str:
    """Returns the message itself as JSON.

    Evolution downloads a file by it if it has not stored the message, or does not
    unwrap it.
    """
    if not inner.part.get("mediaKey"):
        return ""
    part = {k: v for k, v in inner.part.items() if k not in _PICTURES_IN_PARTS}
    key = found(data, "key")
    details = json.dumps({"key": key, "message": {inner.kind: part}})
    return details if len(details) <= LONGEST_DETAILS else ""


def _chosen(part: Any) -> str:
    """Returns the option chosen of buttons or a list, or an unknown one's title."""
    for name in ("selectedDisplayText", "title"):
        if chosen := text(found(part, name)):
            return chosen
    return ""


def origin_of(context: Any) -> Origin | None:
    """Returns the ad, post or product through which the customer came."""
    reply = found(context, "externalAdReply")
    kind = text(found(reply, "sourceType")).lower()
    is_ad = (
        text(found(context, "conversionSource")) == "FB_Ads"
        or text(found(context, "entryPointConversionSource")) == "ctwa_ad"
    )
    # Link previews come as such replies too, without a source.
    if reply and (kind in ("ad", "post") or is_ad):
        return Origin(
            "post" if kind == "post" else "ad",
            text(found(reply, "sourceId")),
            text(found(reply, "title")),
            text(found(reply, "sourceUrl")),
        )
    if is_ad:
        return Origin("ad")
    product = found(context, "quotedMessage", "productMessage", "product")
    if product:
        ref, title = found(product, "productId"), found(product, "title")
        return Origin("product", text(ref), text(title), text(found(product, "url")))
    return None
