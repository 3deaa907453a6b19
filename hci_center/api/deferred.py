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
class ResponseContext:
    """To whom an answer goes: the request and the caller behind it."""

    request: HttpRequest
    caller: Caller | None


class DeferredValue:
    """A value rendered per answer; a subclass names its `kind` once."""

    kinds: ClassVar[dict[str, type[DeferredValue]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, kind: str) -> None:
        cls.kind = kind
        cls.kinds[kind] = cls

    def resolve(self, asker: ResponseContext) -> Any:
        """The value as this asker gets it."""
        raise NotImplementedError

    def serialize(self) -> dict[str, Any]:
        """What a stored answer holds instead: keyword arguments of `restore_from`."""
        raise NotImplementedError

    @classmethod
    def restore_from(cls, **kept: Any) -> DeferredValue:
        """The value again from what was stored."""
        raise NotImplementedError


def restore(value: Any) -> Any:
    """A stored answer's parsed JSON with its late values back in place."""
    if isinstance(value, list):
        return [restore(item) for item in value]
    if isinstance(value, dict):
        if MARK in value:
            kept = {name: item for name, item in value.items() if name != MARK}
            return DeferredValue.kinds[value[MARK]].restore_from(**kept)
        return {name: restore(item) for name, item in value.items()}
    return value
