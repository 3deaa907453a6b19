"""The question of a menu's step: its text, and the same as buttons, list or replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from areas.rules.menu_body import Step
from chats.rules.menu_answers import BACK, LEAVE
from chats.rules.texts import LONGEST, shorten

# No gateway takes less in one text.
LONGEST_QUESTION = 2000
BACK_TITLE, LEAVE_TITLE = "Voltar", "Sair"
# By gateway, what may show the lines: the most of them, and their longest title.
KINDS: dict[str, list[tuple[str, int, int]]] = {
    "messenger": [("quick_replies", 13, 20)],
    "whatsapp_cloud": [("buttons", 3, 20), ("list", 10, 24)],
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a question: what is typed for it, its title, and its id if tapped."""

    key: str
    title: str
    id: str


def lines_of(step: Step, *, is_root: bool) -> list[Line]:
    keys = [(str(option.key), option.title) for option in step.options]
    if not is_root:
        keys.append((BACK, BACK_TITLE))
    keys.append((LEAVE, LEAVE_TITLE))
    return [Line(key, title, f"m:{step.code}:{key}") for key, title in keys]


def question(said: str, lines: list[Line]) -> tuple[str, int]:
    """Returns the whole text, and how many of its characters stand before the lines.

    `said` are filled texts; it is shortened so that no line is lost.
    """
    shown = "\n".join(f"{line.key} - {line.title}" for line in lines)
    head = shorten(said.strip(), min(LONGEST, LONGEST_QUESTION - len(shown) - 2))
    return f"{head}\n\n{shown}" if head else shown, len(head)


def paragraphs(*texts: str) -> str:
    """Joins the texts that say anything, with a blank line between them."""
    return "\n\n".join(text.strip() for text in texts if text.strip())


def choices_for(gateway: str, lines: list[Line], head: int) -> dict[str, Any] | None:
    """Returns what the gateway shows instead of the lines; None: they stay text.

    `head` is the length of the text before the lines, which is shown with the choices.
    """
    kind = _kind(gateway, lines)
    titles = {line.title.casefold() for line in lines}
    if not kind or not head or len(titles) < len(lines):
        return None
    items = [{"id": line.id, "title": line.title} for line in lines]
    return {"kind": kind, "head": head, "items": items}


def _kind(gateway: str, lines: list[Line]) -> str:
    longest = max(len(line.title) for line in lines)
    for kind, most, limit in KINDS.get(gateway, ()):
        if len(lines) <= most and longest <= limit:
            return kind
    return ""
