"""The registry of the wall's tiles; other packages add theirs when Django starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.module_loading import import_string

from hci_center.callers import Caller


@dataclass(frozen=True, slots=True)
class Tile:
    """A count, the time of the oldest, and the p90.

    With `shows_age` the tile shows the age instead of the count; `note` is its second
    line.
    """

    name: str
    title: str
    n: int
    link: str = ""
    oldest: datetime | None = None
    p90: datetime | None = None
    is_warning: bool = False
    shows_age: bool = False
    note: str = ""


# Dotted paths of functions that return the tile for a caller, or None.
_further: dict[str, str] = {}


def register(name: str, path: str) -> None:
    """Adds a tile after those of the live figures."""
    _further[name] = path


def further_tiles(caller: Caller) -> list[Tile]:
    makers: list[Callable[[Caller], Tile | None]] = [
        import_string(path) for path in _further.values()
    ]
    made = [make(caller) for make in makers]
    return [tile for tile in made if tile is not None]
