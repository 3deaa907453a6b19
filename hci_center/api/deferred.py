"""Values of an answer that are made anew each time it is given.

A stored answer must hold neither a page token nor a link that has run out, so
such a value travels as a `Late` and is rendered at the last moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest

from hci_center.callers import Caller

MARK = "$late"


@dataclass(frozen=True, slots=True)
class Asker:
    """To whom an answer goes: the request and the caller behind it."""

    request: HttpRequest
    caller: Caller | None


class Late:
    """A value rendered per answer; a subclass names its `kind` once."""

    kinds: ClassVar[dict[str, type[Late]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, kind: str) -> None:
        cls.kind = kind
        cls.kinds[kind] = cls

    def now(self, asker: Asker) -> Any:
        """The value as this asker gets it."""
        raise NotImplementedError

    def kept(self) -> dict[str, Any]:
        """What a stored answer holds instead: keyword arguments of `of_kept`."""
        raise NotImplementedError

    @classmethod
    def of_kept(cls, **kept: Any) -> Late:
        """The value again from what was stored."""
        raise NotImplementedError


def revive(value: Any) -> Any:
    """A stored answer's parsed JSON with its late values back in place."""
    if isinstance(value, list):
        return [revive(item) for item in value]
    if isinstance(value, dict):
        if MARK in value:
            kept = {name: item for name, item in value.items() if name != MARK}
            return Late.kinds[value[MARK]].of_kept(**kept)
        return {name: revive(item) for name, item in value.items()}
    return value
