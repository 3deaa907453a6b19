"""Content of Messenger messages: the text, and each attachment."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.base import Media
from chats.gateways.events import Content
from chats.gateways.messenger.templates import template_text
from chats.gateways.parsing import found, listed, text

FILES = {"image": "image", "audio": "audio", "video": "video", "file": "file"}
# A sticker is a picture.
FILES["sticker"] = "image"
# Shared content of Facebook or Instagram.
SHARED = {"fallback", "share", "post", "ig_post", "reel", "ig_reel", "ig_story"}
REELS = {"reel", "ig_reel"}
FACEBOOK, INSTAGRAM = "https://www.facebook.com", "https://www.instagram.com"


def contents_of(message: dict[str, Any]) -> list[Content]:
    """Returns the text and each attachment separately; never empty."""
    said = text(message.get("text"))
    attachments = listed(message, "attachments")
    if said:
        attachments = [one for one in attachments if not _is_preview(one, said)]
    contents = [_attachment(one) for one in attachments]
    if said:
        tapped = text(found(message, "quick_reply", "payload"))
        contents.insert(0, Content("text", said, tapped=tapped))
    return contents or [Content("unsupported", parsing.placeholder("unsupported"))]


def _attachment(item: Any) -> Content:
    kind = text(found(item, "type"))
    link = text(found(item, "payload", "url"))
    if kind in FILES and link.startswith("http"):
        name = _file_name(link) if kind == "file" else ""
        return Content(FILES[kind], media=Media(name=name, url=link))
    if kind == "location":
        return Content("location", _place(item))
    said = ""
    if kind == "template":
        said = template_text(found(item, "payload"))
    elif kind in SHARED:
        said = _shared(kind, item)
    if said:
        return Content("text", said)
    return Content(parsing.kind(kind), parsing.placeholder(kind))


def _file_name(link: str) -> str:
    """Returns a document's name, which is the end of its link.

    The links of pictures, videos and audios end with a number.
    """
    try:
        name = unquote(urlsplit(link).path).rpartition("/")[2]
    except ValueError:
        return ""
    return text(name) if "." in name.strip(".") else ""


def _place(item: Any) -> str:
    lat, long = (found(item, "payload", "coordinates", k) for k in ("lat", "long"))
    return s.place_text(found(item, "title"), "", lat, long)


def _shared(kind: str, item: Any) -> str:
    title = found(item, "title") or found(item, "payload", "title")
    link = _link(item)
    if kind in REELS:
        video = text(found(item, "payload", "reel_video_id"))
        # A reel's own address is permanent, that of its file is not.
        if video and not link.startswith("/"):
            link = f"{FACEBOOK}/reel/{video}"
    if link.startswith("/"):
        link = f"{INSTAGRAM if kind.startswith('ig_') else FACEBOOK}{link}"
    return s.link_text(title, link) if title or link else ""


def _link(item: Any) -> str:
    """Returns the link's target, without Facebook's redirect page."""
    names = (("url",), ("URL",), ("payload", "url"))
    link = next(filter(None, (text(found(item, *path)) for path in names)), "")
    try:
        parts = urlsplit(link)
    except ValueError:
        return link
    if parts.hostname in ("l.facebook.com", "lm.facebook.com", "l.instagram.com"):
        return parse_qs(parts.query).get("u", [link])[0]
    return link


def _is_preview(item: Any, said: str) -> bool:
    """Returns whether the attachment only previews a link in the text."""
    if found(item, "type") not in ("fallback", "share"):
        return False
    link = _link(item).partition("://")[2] or _link(item)
    shown = (link.rstrip("/"), link.partition("?")[0].rstrip("/"))
    return any(one and one in said for one in shown)
