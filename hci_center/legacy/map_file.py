"""Reads the map: operators of the earlier system, and owners of chats."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from django.utils.translation import gettext as _

# For operators that are not in the map: an inactive one is created.
OTHERS, PLACEHOLDER = "*", "placeholder"


class WrongMapError(Exception):
    """The map is invalid; the reason is a sentence with the location."""


@dataclass(frozen=True, slots=True)
class Map:
    """The content of the map.

    `operators` maps the number or page of a manager to usernames by earlier operator id
    (None: no person); `chats` maps the chat's `_id` to the manager's number or page.
    """

    name: str = ""
    operators: dict[str, dict[str, str | None]] = field(default_factory=dict)
    chats: dict[str, str] = field(default_factory=dict)

    def operators_of(self, *managers: str) -> tuple[str, dict[str, str | None]]:
        """Returns the manager's part with its location; empty if there is none."""
        for manager in managers:
            if manager in self.operators:
                return f"{self.name} operators.{manager}", self.operators[manager]
        return f"{self.name} operators", {}


def read_map(path: Path | None) -> Map:
    """Reads the file; without one, nothing is mapped. Raises WrongMapError."""
    if path is None:
        return Map()
    try:
        read = orjson.loads(path.read_bytes())
    except OSError as error:
        raise WrongMapError(f"{path}: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise WrongMapError(f"{path.name}:{error.lineno}: {error.msg}") from error
    parts = _object(read, path.name)
    for part in parts.keys() - {"operators", "chats"}:
        raise WrongMapError(f"{path.name} {part}: " + _("There is no such part."))
    operators = {}
    for manager, given in _object(parts.get("operators", {}), path.name).items():
        place = f"{path.name} operators.{manager}"
        operators[manager] = _people(_object(given, place), place)
    chats = _object(parts.get("chats", {}), path.name)
    for key, manager in chats.items():
        if not isinstance(manager, str | int):
            place = f"{path.name} chats.{key}"
            raise WrongMapError(f"{place}: " + _("This must be a text."))
    return Map(path.name, operators, {key: str(value) for key, value in chats.items()})


def _people(given: dict[str, Any], place: str) -> dict[str, str | None]:
    for key, username in given.items():
        if username is not None and not isinstance(username, str):
            raise WrongMapError(f"{place}.{key}: " + _("This must be a text."))
        if key == OTHERS and username not in (PLACEHOLDER, None):
            sentence = _('This must be "placeholder".')
            raise WrongMapError(f"{place}.{key}: {sentence}")
    return given


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WrongMapError(f"{place}: " + _("This must be an object."))
    return value
