"""The documentation of operations beyond what their declarations contain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from rest_framework.serializers import Serializer

from hci_center.errors import RefusedError

Json = dict[str, Any]
# A serializer, a list of one, or a JSON Schema.
Answer = type[Serializer[Any]] | list[type[Serializer[Any]]] | Json


@dataclass(frozen=True)
class OperationDoc:
    """The documentation of one operation.

    `bodies` are example requests by title. `rules` are constraints between fields
    (`one_of`, `both`). `refuses` are the operation's own errors, besides the common
    ones.
    """

    summary: str
    description: str
    answer: Answer
    example: Any
    bodies: Mapping[str, Json] = field(default_factory=dict)
    rules: tuple[Json, ...] = ()
    refuses: tuple[type[RefusedError], ...] = ()
    # Overrides the module's CHAPTER.
    chapter: str = ""


def operation_doc(view: Any) -> OperationDoc:
    """Returns the documentation of the view's action."""
    page: OperationDoc = _openapi(view).PAGES[view.action]
    return page


def tag_of(view: Any) -> str:
    """Returns the OpenAPI tag of the view's action."""
    chapter: str = operation_doc(view).chapter or _openapi(view).CHAPTER
    return chapter


def _openapi(view: Any) -> Any:
    package = type(view).__module__.partition(".viewsets")[0]
    return import_module(f"{package}.openapi")


def text(literal: str) -> Json:
    """Returns the schema of a response that is always this text."""
    return {"type": "string", "const": literal}


def one_of(*names: str) -> Json:
    """Requires at least one of the fields."""
    return {"anyOf": [{"required": [name]} for name in names]}


def both(one: str, other: str) -> Json:
    """Requires both fields or neither."""
    return {"dependentRequired": {one: [other], other: [one]}}
