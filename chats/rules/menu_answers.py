"""Interprets answers in the menu: pure functions on the menu's body.

Used by the worker and the simulator. There is no fuzzy matching: an answer equals a
key, a title or a word, or it is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from areas.rules.menu_body import MenuBody, Option

# The number of steps that a customer can go back.
DEEPEST = 10
BACK, LEAVE = "0", "#"
_BACK_WORDS = frozenset({BACK, "voltar"})
_LEAVE_WORDS = frozenset({LEAVE, "sair", "encerrar"})
# Unicode categories of combining marks, enclosing keycaps, and invisible characters.
_DROPPED = frozenset({"Mn", "Me", "Cf"})
_KEYCAP_TEN = "\N{KEYCAP TEN}"
_LEADING = re.compile(r"(?:opcao|op)(?![a-z])[\s.)\-]*(?=\S)")
_TAPPED = re.compile(r"m:([a-z0-9_]{1,32}):([0-9]{1,2}|#)")

Why = Literal[
    "area", "human", "customer", "timeout", "retries", "taken", "sa", "edited"
]


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the menu: the step, the steps before it, and the wrong answers."""

    step: str
    path: tuple[str, ...] = ()
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the customer; `tapped` is the id of a button, row or quick reply."""

    text: str
    tapped: str = ""
    is_media: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Send the question of a step, after `text`. `option` is the chosen one, if any."""

    position: Position
    text: str = ""
    option: int | None = None


@dataclass(frozen=True, slots=True)
class End:
    """End the menu after `text`: close the chat, or move it to an area (None: none).

    `cause` is that of the closing.
    """

    why: Why
    text: str = ""
    area: str | None = None
    closes: bool = False
    cause: str = ""


Turn = Ask | End


def begin_at_root(menu: MenuBody) -> Ask:
    return Ask(Position(menu.root.code))


def right_answer(menu: MenuBody, position: Position, said: Said) -> Turn | None:
    """Returns the result of a right answer; None if the answer is wrong.

    A tapped choice applies to its own step, even if that is an earlier one.
    """
    found = _TAPPED.fullmatch(said.tapped)
    if found and found[1] in menu.steps:
        at = _moved(menu, position, found[1])
        turn = _chosen(menu, at, found[2])
        if turn is not None:
            return turn
    if said.is_media:
        return None
    answer = normalized(said.text)
    option = _equal_option(menu.steps[position.step].options, answer)
    if option is not None:
        return _follow(menu, position, option)
    if answer in _BACK_WORDS:
        return _chosen(menu, position, BACK)
    return _chosen(menu, position, LEAVE) if answer in _LEAVE_WORDS else None


def wrong_answer(menu: MenuBody, position: Position, *, is_media: bool) -> Turn:
    """Returns the result of a wrong answer: the question again, or the fallback."""
    tries = position.tries + 1
    if tries > menu.retries:
        return fallback(menu, "retries")
    text = menu.media if is_media else menu.invalid
    return Ask(Position(position.step, position.path, tries), text)


def answer_to(menu: MenuBody, position: Position, arrived: Iterable[Said]) -> Turn:
    """Returns the result of messages that are handled together.

    The first right answer counts. If none is right, they count as one wrong answer.
    """
    said = list(arrived)
    for each in said:
        turn = right_answer(menu, position, each)
        if turn is not None:
            return turn
    return wrong_answer(menu, position, is_media=said[-1].is_media)


def timed_out(menu: MenuBody, position: Position, *, is_reminded: bool) -> Turn | None:
    """Returns the result of a timeout: the question again, then `onTimeout`.

    None: the customer stays in the step.
    """
    if not is_reminded:
        return Ask(position)
    if menu.on_timeout == "close":
        return End("timeout", menu.goodbye, closes=True, cause="idle")
    return fallback(menu, "timeout") if menu.on_timeout == "fallback" else None


def fallback(menu: MenuBody, why: Why) -> End:
    """Returns the end of the menu at its fallback area, without a text."""
    return End(why, area=menu.fallback)


def normalized(text: str) -> str:
    """Returns the text for comparison: like `bare`, and without a leading "opção"."""
    answer = bare(text)
    return _LEADING.sub("", answer, count=1) if _LEADING.match(answer) else answer


def bare(text: str) -> str:
    """Returns the text without case, accents and decoration."""
    text = unicodedata.normalize("NFKC", text.replace(_KEYCAP_TEN, "10")).casefold()
    letters = unicodedata.normalize("NFD", text)
    kept = (each for each in letters if unicodedata.category(each) not in _DROPPED)
    return " ".join("".join(kept).split()).strip(" .)-")


def _equal_option(options: Iterable[Option], answer: str) -> Option | None:
    """Returns the option with that key, title or word, in this order of precedence."""
    if not answer:
        return None
    options = list(options)
    by_name = (
        lambda option: [str(option.key)],
        lambda option: [option.title],
        lambda option: option.words,
    )
    for names in by_name:
        for option in options:
            if answer in map(normalized, names(option)):
                return option
    return None


def _moved(menu: MenuBody, position: Position, step: str) -> Position:
    """Returns the position in another step, reached from this one."""
    if step == position.step:
        return position
    if step == menu.root.code:
        return Position(step)
    if step in position.path:
        return Position(step, position.path[: position.path.index(step)])
    return Position(step, (*position.path, position.step)[-DEEPEST:])


def _chosen(menu: MenuBody, position: Position, key: str) -> Turn | None:
    if key == LEAVE:
        return End("customer", menu.goodbye, closes=True, cause="customer")
    if key == BACK:
        if position.step == menu.root.code:
            return Ask(position, option=0)
        *path, before = position.path or (menu.root.code,)
        return Ask(Position(before, tuple(path)), option=0)
    options = menu.steps[position.step].options
    option = next((each for each in options if str(each.key) == key), None)
    return None if option is None else _follow(menu, position, option)


def _follow(menu: MenuBody, position: Position, option: Option) -> Turn:
    match option.do:
        case "step":
            there = _moved(menu, position, option.target)
            return Ask(replace(there, tries=0), option.text, option.key)
        case "text":
            here = Position(position.step, position.path)
            return Ask(here, option.text, option.key)
        case "close":
            return End("customer", option.text, closes=True, cause="menu")
        case "area":
            return End("area", option.text, area=option.target)
        case _:
            return End("human", option.text, area=menu.fallback)
