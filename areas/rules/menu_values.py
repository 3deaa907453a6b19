"""Validates the body of a menu from provisioning or the admin."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from areas.models.policies import YEAR
from areas.rules import menu_body
from areas.rules.hours import Problems
from areas.rules.policy_values import LONGEST_TEXT
from hci_center.api.parsers import WrongValueError, parse_integer, parse_text

MOST_STEPS = 50
MOST_OPTIONS = 20
MOST_WORDS = 50
LONGEST_TITLE = 60
LEAST_SA, LARGEST_SA = 2, 9999

Values = dict[str, Any]
Parse = Callable[[Any], Any]
_CODE = re.compile(r"[a-z0-9_]{1,32}")


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise WrongValueError(_("This must be one of %s.") % ", ".join(allowed))
    return str(value)


def _channels(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise WrongValueError(_("This must be a list of channels, and not empty."))
    chosen = {_one_of(each, menu_body.CHANNELS) for each in value}
    return [each for each in menu_body.CHANNELS if each in chosen]


def _code(value: Any) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise WrongValueError(_("A code has 1 to 32 of the characters a-z, 0-9 and _"))
    return value


def _line(value: Any) -> str:
    """Parses a title or a word: one line that is not blank."""
    text = " ".join(parse_text(value, LONGEST_TITLE * 4).split())
    if not text:
        raise WrongValueError(_("This contains only blanks."))
    return parse_text(text, LONGEST_TITLE)


def _words(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise WrongValueError(_("This must be a list of texts."))
    if len(value) > MOST_WORDS:
        raise WrongValueError(_("There are at most %d words.") % MOST_WORDS)
    return list(dict.fromkeys(map(_line, value)))


def _question(value: Any) -> str:
    text = parse_text(value, LONGEST_TEXT)
    if not text.strip():
        raise WrongValueError(_("This contains only blanks."))
    return text


_text: Parse = partial(parse_text, longest=LONGEST_TEXT)
# By key: the parser and the default; without one the key is required.
_REQUIRED: Any = object()
_MENU: dict[str, tuple[Parse, Any]] = {
    "channels": (_channels, list(menu_body.CHANNELS)),
    "greeting": (_text, ""),
    "invalid": (_text, menu_body.INVALID),
    "media": (_text, menu_body.MEDIA),
    "goodbye": (_text, menu_body.GOODBYE),
    "retries": (partial(parse_integer, least=0, most=10), 2),
    "timeout": (partial(parse_integer, least=0, most=YEAR), 900),
    "onTimeout": (partial(_one_of, allowed=menu_body.ON_TIMEOUT), "fallback"),
}
_STEP: dict[str, tuple[Parse, Any]] = {
    "code": (_code, _REQUIRED),
    "text": (_question, _REQUIRED),
    "sa": (partial(parse_integer, least=LEAST_SA, most=LARGEST_SA), None),
}
_OPTION: dict[str, tuple[Parse, Any]] = {
    "key": (partial(parse_integer, least=1, most=99), _REQUIRED),
    "title": (_line, _REQUIRED),
    "words": (_words, []),
    "do": (partial(_one_of, allowed=menu_body.DOES), _REQUIRED),
    "text": (_text, ""),
}


def read_menu(
    given: Any, *, areas: Container[str], place: str, problems: Problems
) -> Values:
    """Returns the body to store; adds errors by position.

    `areas` are the codes of the manager's areas. The result is only valid without
    errors.
    """
    if not isinstance(given, Mapping):
        problems[place] = [_("This must be an object.")]
        return {}
    body = _read(given, _MENU, {"fallback", "steps"}, place, problems)
    body["fallback"] = None
    if given.get("fallback") not in (None, ""):
        where = f"{place}.fallback"
        body["fallback"] = _area(given["fallback"], areas, where, problems)
    listed = _list(given.get("steps"), MOST_STEPS, f"{place}.steps", problems)
    body["steps"] = [_step(each, areas, where, problems) for where, each in listed]
    _set_sa(body["steps"], place, problems)
    _check_steps(body["steps"], place, problems)
    return body


def _step(given: Any, areas: Container[str], place: str, problems: Problems) -> Values:
    if not isinstance(given, Mapping):
        problems[place] = [_("This must be an object.")]
        return {"options": []}
    step = _read(given, _STEP, {"options"}, place, problems)
    listed = _list(given.get("options"), MOST_OPTIONS, f"{place}.options", problems)
    step["options"] = [_option(each, areas, at, problems) for at, each in listed]
    keys: set[int] = set()
    for (where, _given), option in zip(listed, step["options"], strict=True):
        if (key := option.get("key")) in keys:
            problems[f"{where}.key"] = [_("This key is there twice.")]
        elif key is not None:
            keys.add(key)
    return step


def _option(
    given: Any, areas: Container[str], place: str, problems: Problems
) -> Values:
    if not isinstance(given, Mapping):
        problems[place] = [_("This must be an object.")]
        return {}
    do = given.get("do")
    target = do if do in ("area", "step") else ""
    option = _read(given, _OPTION, {target} - {""}, place, problems)
    if target == "area":
        where = f"{place}.area"
        option["area"] = _area(given.get("area"), areas, where, problems)
    elif target:
        option["step"] = given.get("step")
    if do == "text" and not option.get("text", "x").strip():
        problems[f"{place}.text"] = [_("This field is required.")]
    return option


def _read(
    given: Mapping[Any, Any],
    fields: Mapping[str, tuple[Parse, Any]],
    others: set[str],
    place: str,
    problems: Problems,
) -> Values:
    """Parses the fields; `others` are keys that are parsed separately."""
    values: Values = {}
    for key in sorted(map(str, given)):
        if key not in fields and key not in others:
            problems[f"{place}.{key}"] = [_("There is no such field.")]
    for key, (parse, default) in fields.items():
        value = given.get(key)
        if value is None:
            if default is _REQUIRED:
                problems[f"{place}.{key}"] = [_("This field is required.")]
            else:
                values[key] = default
            continue
        try:
            values[key] = parse(value)
        except WrongValueError as error:
            problems[f"{place}.{key}"] = [error.sentence]
    return values


def _area(
    value: Any, areas: Container[str], place: str, problems: Problems
) -> str | None:
    if value is None:
        problems[place] = [_("This field is required.")]
        return None
    try:
        code = parse_text(value, 64)
    except WrongValueError as error:
        problems[place] = [error.sentence]
        return None
    if code not in areas:
        problems[place] = [_("The manager has no area %s.") % code]
    return code


def _list(
    value: Any, most: int, place: str, problems: Problems
) -> list[tuple[str, Any]]:
    """Returns the elements with their positions; at least one and at most `most`."""
    if not isinstance(value, list) or not value:
        problems[place] = [_("This must be a list, and not empty.")]
        return []
    if len(value) > most:
        problems[place] = [_("There can be at most %d of them.") % most]
        return []
    return [(f"{place}[{n}]", each) for n, each in enumerate(value)]


def _set_sa(steps: list[Values], place: str, problems: Problems) -> None:
    """Sets the default `sa` of steps by position: 10, 20 and so on."""
    used: set[int] = set()
    for n, step in enumerate(steps):
        if step.get("sa") is None:
            step["sa"] = 10 * (n + 1)
        if step["sa"] in used:
            problems.setdefault(
                f"{place}.steps[{n}].sa", [_("Another step has this value.")]
            )
        used.add(step["sa"])


def _check_steps(steps: list[Values], place: str, problems: Problems) -> None:
    """Adds errors for duplicate codes, unknown steps and unreachable steps."""
    by_code: dict[str, Values] = {}
    for n, step in enumerate(steps):
        code = step.get("code")
        if code is not None and code in by_code:
            problems[f"{place}.steps[{n}].code"] = [_("Another step has this code.")]
        elif code is not None:
            by_code[code] = step
    for where, step_code in _leads(steps, place):
        if not isinstance(step_code, str) or step_code not in by_code:
            problems[where] = [_("There is no such step.")]
    if not steps or problems:
        return
    reached, open_codes = set(), [steps[0]["code"]]
    while open_codes:
        code = open_codes.pop()
        if code not in reached:
            reached.add(code)
            options = by_code[code]["options"]
            open_codes += [each["step"] for each in options if each["do"] == "step"]
    for n, step in enumerate(steps):
        if step["code"] not in reached:
            problems[f"{place}.steps[{n}]"] = [_("Nothing leads to this step.")]


def _leads(steps: list[Values], place: str) -> Iterator[tuple[str, Any]]:
    for n, step in enumerate(steps):
        for k, option in enumerate(step["options"]):
            if "step" in option:
                yield f"{place}.steps[{n}].options[{k}].step", option["step"]
