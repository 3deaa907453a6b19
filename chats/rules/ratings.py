"""Parses answers to surveys: pure functions."""

from __future__ import annotations

import re

from chats.rules.menu_answers import Said, bare

_WORDS = {"um": 1, "dois": 2, "tres": 3, "quatro": 4, "cinco": 5}
_STARS = re.compile(r"[⭐★🌟]{1,5}")
_TAPPED = re.compile(r"s:([0-9]{1,18}):([1-5])")
_MARK = re.compile(
    r"(?:nota:? ?)?([1-5]|um|dois|tres|quatro|cinco)(?: ?estrelas?| ?([⭐★🌟]{1,5}))?"
)
_NONE = frozenset({"0", "nao"})


def tap_of(chat_id: int, mark: int) -> str:
    """Returns the id of the choice for a rating."""
    return f"s:{chat_id}:{mark}"


def mark_in(said: Said, chat_id: int) -> int | None:
    """Returns the rating in a message, 1 to 5; None if it is not an answer.

    Either a tapped choice of this chat's question, or a text that only contains a
    rating: anything else may be an order, such as "2 pizzas".
    """
    if said.tapped:
        tapped = _TAPPED.fullmatch(said.tapped)
        is_its = tapped is not None and int(tapped[1]) == chat_id
        return int(tapped[2]) if tapped is not None and is_its else None
    if said.is_media:
        return None
    text = bare(said.text).strip(" !,;")
    if _STARS.fullmatch(text):
        return len(text)
    found = _MARK.fullmatch(text)
    if found is None:
        return None
    mark = _WORDS.get(found[1]) or int(found[1])
    stars = len(found[2] or "")
    return mark if stars in (0, 1, mark) else None


def declines(said: Said) -> bool:
    """Returns whether the customer declines to comment."""
    return bare(said.text) in _NONE
