"""What is told about a call beyond what its declaration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from rest_framework.serializers import Serializer

from hci_center.errors import RefusedError

Json = dict[str, Any]
# A resource's shape, a list of it, or a JSON Schema as it stands.
Answer = type[Serializer[Any]] | list[type[Serializer[Any]]] | Json


@dataclass(frozen=True)
class OperationDoc:
    """The page of one call.

    `bodies` are examples of requests by their titles, as the old document has them.
    `rules` are what several fields must satisfy together (`one_of`, `both`).
    `refuses` are the refusals of the call's own, beside those that every call has.
    """

    summary: str
    description: str
    answer: Answer
    example: Any
    bodies: Mapping[str, Json] = field(default_factory=dict)
    rules: tuple[Json, ...] = ()
    refuses: tuple[type[RefusedError], ...] = ()
    # Where it is not the module's.
    chapter: str = ""


def operation_doc(view: Any) -> OperationDoc:
    """The page of the action that this view was made for."""
    page: OperationDoc = _openapi(view).PAGES[view.action]
    return page


def tag_of(view: Any) -> str:
    """The heading under which the calls of this view stand."""
    chapter: str = operation_doc(view).chapter or _openapi(view).CHAPTER
    return chapter


def _openapi(view: Any) -> Any:
    package = type(view).__module__.partition(".viewsets")[0]
    return import_module(f"{package}.openapi")


def text(literal: str) -> Json:
    """An answer that is always this text."""
    return {"type": "string", "const": literal}


def one_of(*names: str) -> Json:
    """At least one of these fields is there."""
    return {"anyOf": [{"required": [name]} for name in names]}


def both(one: str, other: str) -> Json:
    """Each of the two wants the other."""
    return {"dependentRequired": {one: [other], other: [one]}}
