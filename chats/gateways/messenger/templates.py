"""Texts of structured messages of pages and shops: receipts, products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chats.gateways import structured_text as s
from chats.gateways.parsing import found, listed, text

# Technical fields that are not shown.
_INTERNAL = {"template_type", "locale", "theme_color", "image_url", "sharable"}
_INTRODUCTIONS = ("text", "intro_message", "title")


def template_text(payload: Any) -> str:
    """Returns the text of a template, "" if there is none."""
    if not isinstance(payload, dict):
        return ""
    products = listed(payload, "product", "elements")
    if products:
        return _lines(_product(product) for product in products)
    if payload.get("template_type") == "receipt":
        return _receipt(payload)
    elements = listed(payload, "elements")
    said = _lines(
        (
            next(filter(None, (text(payload.get(k)) for k in _INTRODUCTIONS)), ""),
            *(_element(element) for element in elements),
            *(_button(button) for button in listed(payload, "buttons")),
        )
    )
    if elements or payload.get("buttons"):
        return said
    return s.fields_text(_readable(payload, top=True), said)


def payment_text(payment: Any) -> str:
    """Returns a payment and the payer."""
    amount, info = found(payment, "amount"), found(payment, "requested_user_info")
    names = ("contact_name", "contact_email", "contact_phone")
    person = [text(found(info, name)) for name in names]
    return s.payment_text(
        found(amount, "amount"),
        found(amount, "currency"),
        note=_lines((*person, address_text(found(info, "shipping_address")))),
    )


def address_text(address: Any) -> str:
    """Returns a postal address in one line."""
    names = ("street1", "street_1", "street2", "street_2", "postal_code", "city")
    parts = (text(found(address, name)) for name in (*names, "state", "country"))
    return ", ".join(filter(None, parts))


def _product(product: Any) -> str:
    return s.product_text(found(product, "title"), found(product, "subtitle"))


def _receipt(payload: dict[str, Any]) -> str:
    lines = [
        s.OrderLine(
            text(found(item, "title")), found(item, "quantity"), found(item, "price")
        )
        for item in listed(payload, "elements")
    ]
    return s.order_text(
        lines,
        found(payload, "summary", "total_cost"),
        payload.get("currency"),
        title=payload.get("order_number"),
        note=_lines(
            (
                text(payload.get("recipient_name")),
                address_text(payload.get("address")),
                text(payload.get("payment_method")),
            )
        ),
    )


def _element(element: Any) -> str:
    link = found(element, "default_action", "url") or found(element, "item_url")
    buttons = (_button(button) for button in listed(element, "buttons"))
    title, subtitle = (text(found(element, k)) for k in ("title", "subtitle"))
    return _lines((title, subtitle, text(link), *buttons))


def _button(button: Any) -> str:
    title, link = text(found(button, "title")), text(found(button, "url"))
    return f"• {': '.join(filter(None, (title, link)))}" if title or link else ""


def _readable(value: Any, *, top: bool = False) -> Any:
    """Returns the value without ids and technical names."""
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, dict):
        return value
    hidden = {*_INTERNAL, *(_INTRODUCTIONS if top else ())}
    return {
        name: _readable(item)
        for name, item in value.items()
        if name not in hidden and not name.endswith("_id")
    }


def _lines(values: Iterable[str]) -> str:
    return "\n".join(filter(None, (value.strip() for value in values)))
