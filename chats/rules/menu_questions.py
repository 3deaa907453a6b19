"""Formats the question of a menu's step: as text, buttons, a list or quick replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from areas.rules.menu_body import Step
from chats.rules.menu_answers import BACK, LEAVE
from chats.rules.texts import LONGEST, shorten

# Every gateway accepts texts of this length.
LONGEST_QUESTION = 2000
BACK_TITLE, LEAVE_TITLE = "Voltar", "Sair"
# By gateway, the kinds of choices: their maximum number and title length.
KINDS: dict[str, list[tuple[str, int, int]]] = {
    "messenger": [("quick_replies", 13, 20)],
    "whatsapp_cloud": [("buttons", 3, 20), ("list", 10, 24)],
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a question: the key to type, the title, and the id when tapped."""

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
    """Returns the whole text, and the number of characters before the lines.

    `said` are filled texts; they are shortened so that no line is lost.
    """
    shown = "\n".join(f"{line.key} - {line.title}" for line in lines)
    head = shorten(said.strip(), min(LONGEST, LONGEST_QUESTION - len(shown) - 2))
    return f"{head}\n\n{shown}" if head else shown, len(head)


def paragraphs(*texts: str) -> str:
    """Joins the non-empty texts, with a blank line between them."""
    return "\n\n".join(text.strip() for text in texts if text.strip())


def choices_for(gateway: str, lines: list[Line], head: int) -> dict[str, Any] | None:
    """Returns the gateway's choices for the lines; None: they are sent as text.

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
