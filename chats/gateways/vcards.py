"""Contact cards as WhatsApp delivers them."""

from __future__ import annotations

import re
from typing import Any

from chats.gateways.parsing import text
from chats.gateways.structured_text import contact_text

_ESCAPED = re.compile(r"\\([\\,;nN])")
MOST_CARDS = 100


def card_text(card: Any, name: Any = "") -> str:
    """A contact in one line; `name` is what its sender shows beside the card."""
    names, phones, emails = _read(text(card))
    return contact_text(text(name) or next(iter(names), ""), phones, emails)


def cards_text(cards: list[Any]) -> str:
    """Each `{"displayName", "vcard"}` in its line."""
    lines = [
        card_text(card.get("vcard"), card.get("displayName"))
        for card in cards[:MOST_CARDS]
        if isinstance(card, dict)
    ]
    return "\n".join(lines)


def _read(card: str) -> tuple[list[str], list[str], list[str]]:
    """The names, phones and e-mail addresses of a vCard."""
    found: dict[str, list[str]] = {"FN": [], "TEL": [], "EMAIL": []}
    # A line that begins with a blank goes on with the one before.
    for line in re.sub(r"\r?\n[ \t]", "", card).splitlines():
        head, _, value = line.partition(":")
        # `item1.TEL;type=CELL;waid=55…`: a group before, parameters behind.
        name = head.partition(";")[0].rpartition(".")[2].upper()
        value = _ESCAPED.sub(_unescaped, value).removeprefix("tel:").strip()
        if name in found and value:
            found[name].append(value)
    return found["FN"], found["TEL"], found["EMAIL"]


def _unescaped(match: re.Match[str]) -> str:
    return " " if match[1] in "nN" else match[1]
