"""The tiles of the wall; packages above the reports add theirs when Django starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hci_center.callers import Caller


@dataclass(frozen=True, slots=True)
class Tile:
    """How many, since when the oldest, and the one that 90 % do not exceed.

    With `text` that is shown instead of the number, and with `note` a second line.
    """

    name: str
    title: str
    n: int
    link: str = ""
    oldest: datetime | None = None
    p90: datetime | None = None
    is_warning: bool = False
    text: str = ""
    note: str = ""


# Returns the tile as that person may see it, or None.
MakeTile = Callable[[Caller], Tile | None]
_further: dict[str, MakeTile] = {}


def register(name: str, make: MakeTile) -> None:
    """Adds a tile after those of the live figures."""
    _further[name] = make


def further_tiles(caller: Caller) -> list[Tile]:
    made = [make(caller) for make in _further.values()]
    return [tile for tile in made if tile is not None]
