"""Content of Cloud API messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chats.gateways import parsing
from chats.gateways import structured_text as s
from chats.gateways.base import Media
from chats.gateways.events import Content, Origin
from chats.gateways.parsing import found, listed, text

FILES = {
    "image": "image",
    "audio": "audio",
    "voice": "audio",
    "video": "video",
    "document": "file",
    "sticker": "image",
}
# Fields of a flow's answer for its own use.
_INTERNAL_FIELDS = {"flow_token"}
# The text of every answer to a flow.
_SENT = "Sent"


def content_of(message: Any) -> Content:
    """Returns the message's content; a placeholder for an unknown type."""
    kind = text(found(message, "type"))
    part = found(message, kind)
    if kind in FILES and isinstance(part, dict):
        return Content(FILES[kind], text(part.get("caption")), _media(part))
    reader = READERS.get(kind)
    said = reader(part) if reader else ""
    # Some messages that the platform calls unsupported come with a text.
    said = said or text(found(message, "text", "body"))
    if said:
        shown = "text" if kind in _AS_TEXT else kind
        return Content(parsing.kind(shown), said, tapped=_tapped(kind, part))
    what = text(found(message, "unsupported", "type")) or kind
    return Content(parsing.kind(kind), parsing.placeholder(what))


def changed_text(message: Any) -> str:
    """Returns the text of an edited message; of a file its caption."""
    kind = text(found(message, "type"))
    return text(found(message, kind, "body") or found(message, kind, "caption"))


def quoted_id(message: Any) -> str:
    """Returns the id of the quoted message, or ""."""
    return text(found(message, "context", "id"))


def origin_of(message: Any) -> Origin | None:
    """Returns the ad, post or product through which the customer came."""
    referral = found(message, "referral")
    if isinstance(referral, dict) and referral:
        return Origin(
            "post" if referral.get("source_type") == "post" else "ad",
            text(referral.get("source_id")),
            text(referral.get("headline")) or text(referral.get("body")),
            text(referral.get("source_url")),
        )
    product = found(message, "context", "referred_product")
    if isinstance(product, dict) and product:
        return Origin("product", text(product.get("product_retailer_id")))
    return None


def _media(part: dict[str, Any]) -> Media:
    return Media(
        mime=text(part.get("mime_type")).partition(";")[0].strip(),
        name=text(part.get("filename")),
        id=text(part.get("id")),
        sha256=text(part.get("sha256")),
    )


def _text(part: Any) -> str:
    return text(found(part, "body") or found(part, "text"))


def _location(part: Any) -> str:
    name, address = found(part, "name"), found(part, "address")
    lat, long = found(part, "latitude"), found(part, "longitude")
    # The location's own page is not a map.
    return _lines(s.place_text(name, address, lat, long), found(part, "url"))


def _contacts(part: Any) -> str:
    cards = part if isinstance(part, list) else []
    return _lines(*map(_card, cards))


def _card(card: Any) -> str:
    name = found(card, "name", "formatted_name") or found(card, "name", "first_name")
    phones = [found(phone, "phone") for phone in listed(card, "phones")]
    emails = [found(email, "email") for email in listed(card, "emails")]
    company = text(found(card, "org", "company"))
    named = f"{text(name)} ({company})" if name and company else name or company
    return s.contact_text(named, phones, emails)


def _order(part: Any) -> str:
    items = listed(part, "product_items")
    lines = [
        s.OrderLine(
            text(found(item, "product_retailer_id")),
            found(item, "quantity"),
            found(item, "item_price"),
        )
        for item in items
    ]
    currency = found(items, 0, "currency")
    return s.order_text(lines, currency=currency, note=found(part, "text"))


def _interactive(part: Any) -> str:
    for name in ("button_reply", "list_reply"):
        if title := text(found(part, name, "title")):
            return title
    if isinstance(answer := found(part, "call_permission_reply"), dict):
        return s.call_permission_text(answer.get("response") == "accept")
    return _flow_answer(found(part, "nfm_reply"))


def _tapped(kind: str, part: Any) -> str:
    """Returns the id of a tapped button or row; of a template's button its payload."""
    if kind == "button":
        return text(found(part, "payload"))
    replies = (found(part, name, "id") for name in ("button_reply", "list_reply"))
    return next(filter(None, map(text, replies)), "")


def _flow_answer(answer: Any) -> str:
    """Returns a submitted form, one line for each field, or another answer's text."""
    said = text(found(answer, "body"))
    title = "" if said == _SENT else said
    raw = text(found(answer, "response_json"))
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        fields = raw
    if isinstance(fields, dict):
        shown = {k: v for k, v in fields.items() if k not in _INTERNAL_FIELDS}
        return s.fields_text(shown, title) or said
    return _lines(title, raw) or said


def _lines(*values: Any) -> str:
    return "\n".join(filter(None, (text(value).strip() for value in values)))


READERS: dict[str, Callable[[Any], str]] = {
    "text": _text,
    "button": _text,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
}
_AS_TEXT = {"text", "button", "interactive", "unsupported", "unknown"}
