"""Response values that are resolved anew each time the response is sent.

A stored response must contain neither a page token nor an expired link, so such a value
is a DeferredValue, resolved when the response is rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest

from hci_center.callers import Caller

MARK = "$late"


@dataclass(frozen=True, slots=True)
class ResponseContext:
    """The request and the caller that a response is rendered for."""

    request: HttpRequest
    caller: Caller | None


class DeferredValue:
    """A value resolved per response; each subclass has a unique `kind`."""

    kinds: ClassVar[dict[str, type[DeferredValue]]] = {}
    kind: ClassVar[str]

    def __init_subclass__(cls, kind: str) -> None:
        cls.kind = kind
        cls.kinds[kind] = cls

    def resolve(self, context: ResponseContext) -> Any:
        """Returns the value for this context."""
        raise NotImplementedError

    def serialize(self) -> dict[str, Any]:
        """Returns what is stored instead: keyword arguments of `restore_from`."""
        raise NotImplementedError

    @classmethod
    def restore_from(cls, **stored: Any) -> DeferredValue:
        """Recreates the value from its stored arguments."""
        raise NotImplementedError


def restore(value: Any) -> Any:
    """Returns a stored response's parsed JSON with its deferred values restored."""
    if isinstance(value, list):
        return [restore(item) for item in value]
    if isinstance(value, dict):
        if MARK in value:
            stored = {name: item for name, item in value.items() if name != MARK}
            return DeferredValue.kinds[value[MARK]].restore_from(**stored)
        return {name: restore(item) for name, item in value.items()}
    return value
