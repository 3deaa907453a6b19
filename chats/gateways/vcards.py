"""Reads contact cards in WhatsApp's format."""

from __future__ import annotations

import re
from typing import Any

from chats.gateways.parsing import text
from chats.gateways.structured_text import contact_text

_ESCAPED = re.compile(r"\\([\\,;nN])")
MOST_CARDS = 100


def card_text(card: Any, name: Any = "") -> str:
    """Returns a contact in one line; `name` is the name sent beside the card."""
    names, phones, emails = _read(text(card))
    return contact_text(text(name) or next(iter(names), ""), phones, emails)


def cards_text(cards: list[Any]) -> str:
    """Returns one line for each `{"displayName", "vcard"}`."""
    lines = [
        card_text(card.get("vcard"), card.get("displayName"))
        for card in cards[:MOST_CARDS]
        if isinstance(card, dict)
    ]
    return "\n".join(lines)


def _read(card: str) -> tuple[list[str], list[str], list[str]]:
    """Returns the names, phones and e-mail addresses of a vCard."""
    found: dict[str, list[str]] = {"FN": [], "TEL": [], "EMAIL": []}
    # A line that begins with a blank continues the previous one.
    for line in re.sub(r"\r?\n[ \t]", "", card).splitlines():
        head, _, value = line.partition(":")
        # `item1.TEL;type=CELL;waid=55…`: a group before the name, parameters after it.
        name = head.partition(";")[0].rpartition(".")[2].upper()
        value = _ESCAPED.sub(_unescaped, value).removeprefix("tel:").strip()
        if name in found and value:
            found[name].append(value)
    return found["FN"], found["TEL"], found["EMAIL"]


def _unescaped(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]
