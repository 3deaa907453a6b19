"""The body of a menu: steps with options, as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CHANNELS = ("whatsapp", "facebook")
DOES = ("area", "step", "text", "human", "close")
ON_TIMEOUT = ("fallback", "close", "stay")

# The default texts, in Portuguese: the customers are Brazilian.
INVALID = "Não entendi. Responda com o número de uma das opções."
MEDIA = "Aqui só entendo texto. Responda com o número de uma das opções."
GOODBYE = "Obrigado pelo contato. Até logo!"


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a step. `target` is the code of the next area or step."""

    key: int
    title: str
    words: tuple[str, ...]
    do: str
    text: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A question. On entering it, the contact's `sa` is set to `sa`."""

    code: str
    text: str
    sa: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class MenuBody:
    """A whole menu; its first step is the root. Times are seconds, 0 is never.

    `fallback` is the code of the area for customers who give no valid answer, or None.
    """

    channels: tuple[str, ...]
    greeting: str
    invalid: str
    media: str
    goodbye: str
    retries: int
    timeout: int
    on_timeout: str
    fallback: str | None
    steps: Mapping[str, Step]

    @property
    def root(self) -> Step:
        return next(iter(self.steps.values()))


def area_codes(body: Mapping[str, Any]) -> set[str]:
    """Returns the codes of the areas that a stored body leads to."""
    menu = menu_of(body)
    options = [option for step in menu.steps.values() for option in step.options]
    codes = {option.target for option in options if option.do == "area"}
    return codes if menu.fallback is None else codes | {menu.fallback}


def menu_of(body: Mapping[str, Any]) -> MenuBody:
    """Returns a stored body as an object."""
    return MenuBody(
        channels=tuple(body["channels"]),
        greeting=body["greeting"],
        invalid=body["invalid"],
        media=body["media"],
        goodbye=body["goodbye"],
        retries=body["retries"],
        timeout=body["timeout"],
        on_timeout=body["onTimeout"],
        fallback=body["fallback"],
        steps={step["code"]: _step(step) for step in body["steps"]},
    )


def _step(step: Mapping[str, Any]) -> Step:
    options = tuple(map(_option, step["options"]))
    return Step(step["code"], step["text"], step["sa"], options)


def _option(option: Mapping[str, Any]) -> Option:
    return Option(
        key=option["key"],
        title=option["title"],
        words=tuple(option["words"]),
        do=option["do"],
        text=option["text"],
        target=option.get("area") or option.get("step") or "",
    )
