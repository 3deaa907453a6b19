"""Content of WhatsApp Web messages in WPPConnect's format."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.base import Media
from chats.gateways.events import Content, Origin
from chats.gateways.jids import serialized
from chats.gateways.parsing import found, listed, text
from chats.gateways.vcards import card_text, cards_text

FILES = {
    "image": "image",
    "sticker": "image",
    "audio": "audio",
    "ptt": "audio",
    "video": "video",
    "ptv": "video",
    "document": "file",
}
# Types without content from a person. A `ciphertext` comes again under the same id when
# the phone has its key, and the announcement of an album is followed by its photos.
SILENT = {
    "album",
    "broadcast_notification",
    "ciphertext",
    "debug",
    "e2e_notification",
    "gp2",
    "group_notification",
    "keep_in_chat",
    "notification",
    "notification_template",
    "pin_message",
    "pinned_message",
    "protocol",
    "reaction",
    "reaction_enc",
    "revoked",
}
_PLAIN = {
    "buttons_response",
    "chat",
    "hsm",
    "interactive",
    "interactive_response",
    "list_response",
    "native_flow",
    "template_button_reply",
}
LONGEST_MEDIA_TEXT = 36 * 2**20
_JPEG = b"\xff\xd8\xff"


def content_of(data: Any, kind: str) -> Content:
    """Returns the message's content; a placeholder for an unknown type."""
    if kind in FILES:
        media, caption = _media(data, kind), text(data.get("caption"))
        # WhatsApp Web puts a document's name into a missing caption.
        return Content(FILES[kind], "" if caption == media.name else caption, media)
    reader = READERS.get(kind)
    shown, line = reader(data) if reader else ("text", "")
    if not line and kind in _PLAIN:
        line = text(data.get("body") or data.get("content") or data.get("caption"))
    if line:
        return Content(shown, line)
    return Content(parsing.kind(kind), parsing.placeholder(kind))


def _media(data: Any, kind: str) -> Media:
    mime = text(data.get("mimetype")).partition(";")[0].strip()
    body = text(data.get("body"), longest=LONGEST_MEDIA_TEXT)
    return Media(
        mime=mime,
        name=text(data.get("filename")) if kind == "document" else "",
        base64="" if _is_preview(body, mime, data.get("size")) else body,
        id=serialized(data["id"]),
    )


def _is_preview(body: str, mime: str, size: Any) -> bool:
    """Returns whether the body is only the thumbnail.

    It is sent until the server has downloaded the file.
    """
    try:
        head = b64decode(body[:8], validate=True)
    except (Base64Error, ValueError):
        return False
    if not head.startswith(_JPEG):
        return False
    length = len(body.rstrip("=")) * 3 // 4
    is_other_size = isinstance(size, int) and size > 0 and length != size
    return mime not in ("image/jpeg", "image/jpg", "") or is_other_size


def _location(data: Any) -> tuple[str, str]:
    name, _, address = text(data.get("loc")).partition("\n")
    return "location", s.place_text(
        name,
        address.replace("\n", ", "),
        data.get("lat"),
        data.get("lng"),
        url=data.get("clientUrl"),
        is_live=data.get("isLive") is True,
    )


def _card(data: Any) -> tuple[str, str]:
    return "contacts", card_text(data.get("body"), data.get("vcardFormattedName"))


def _cards(data: Any) -> tuple[str, str]:
    return "contacts", cards_text(listed(data, "vcardList"))


def _poll(data: Any) -> tuple[str, str]:
    options = [found(option, "name") for option in listed(data, "pollOptions")]
    return "poll", s.poll_text(data.get("pollName"), options)


def _order(data: Any) -> tuple[str, str]:
    return "order", s.order_text(
        total=s.amount(data.get("totalAmount1000"), s.THOUSANDTHS),
        currency=data.get("totalCurrencyCode"),
        title=data.get("orderTitle"),
        items=data.get("itemCount"),
        note=data.get("message"),
    )


def _product(data: Any) -> tuple[str, str]:
    return "product", s.product_text(
        data.get("title"),
        s.amount(data.get("priceAmount1000"), s.THOUSANDTHS),
        data.get("currencyCode"),
        description=data.get("description"),
        url=data.get("url"),
    )


def _payment(data: Any) -> tuple[str, str]:
    value = s.amount(data.get("paymentAmount1000"), s.THOUSANDTHS)
    note = found(data, "paymentNoteMsg", "body")
    return "payment", s.payment_text(value, data.get("paymentCurrency"), note=note)


def _invitation(data: Any) -> tuple[str, str]:
    code = text(data.get("inviteCode"))
    url = f"https://chat.whatsapp.com/{code}" if code else ""
    name, note = data.get("inviteGrpName"), data.get("comment")
    return "invitation", s.invitation_text(name, url, note)


def _event(data: Any) -> tuple[str, str]:
    starts = parsing.stamp(data.get("eventStartTime"))
    location = found(data, "eventLocation", "name") or data.get("eventJoinLink")
    name, description = data.get("eventName"), data.get("eventDescription")
    return "event", s.appointment_text(name, starts, location, description)


def _call(data: Any) -> tuple[str, str]:
    outcome = (text(data.get("callOutcome")) or text(data.get("subtype"))).lower()
    missed = outcome.startswith("miss")
    video = data.get("isVideoCall") is True or outcome.endswith("video")
    return "call", s.call_text(missed, video, data.get("callDuration"))


READERS: dict[str, Callable[[Any], tuple[str, str]]] = {
    "location": _location,
    "vcard": _card,
    "multi_vcard": _cards,
    "poll_creation": _poll,
    "order": _order,
    "product": _product,
    "payment": _payment,
    "groups_v4_invite": _invitation,
    "event_creation": _event,
    "call_log": _call,
}


def origin_of(data: Any) -> Origin | None:
    """Returns the ad or product through which the customer came."""
    ad = data.get("ctwaContext")
    if isinstance(ad, dict) and ad:
        url = text(ad.get("sourceUrl"))
        return Origin("ad", text(ad.get("sourceId")), text(ad.get("title")), url)
    quoted = data.get("quotedMsg")
    if found(quoted, "type") == "product":
        ref, title = found(quoted, "productId"), found(quoted, "title")
        return Origin("product", text(ref), text(title), text(found(quoted, "url")))
    return None
