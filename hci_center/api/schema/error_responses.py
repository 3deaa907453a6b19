"""The error responses in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from hci_center.api.errors import InternalError
from hci_center.api.viewset import Operation
from hci_center.errors import (
    BodyTooLargeError,
    ForbiddenError,
    IdempotencyMismatchError,
    InvalidError,
    MalformedBodyError,
    NotAuthenticatedError,
    NotFoundError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    UnsupportedMediaTypeError,
)

Json = dict[str, Any]
Refusal = type[RefusedError]

SCHEMA: Json = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {
                    "type": "string",
                    "description": "A stable code for programs.",
                },
                "message": {
                    "type": "string",
                    "description": "One sentence for people, in the language of `Accept-Language`.",
                },
                "fields": {
                    "type": "object",
                    "description": "Only for the code `invalid`: the errors of each field.",
                    "additionalProperties": {
                        "type": "array",
                        "items": {"type": "string"},
                    },
                },
            },
        },
    },
}


def common_errors(
    declared: Operation, method: str, *, has_parameters: bool
) -> list[Refusal]:
    """Returns the errors that any such operation may raise."""
    refusals: list[Refusal] = [InvalidError]
    if method != "GET":
        refusals.append(MalformedBodyError)
    if not declared.anonymous:
        refusals.append(NotAuthenticatedError)
    if method != "GET" or not declared.open_to_auditors:
        refusals.append(ForbiddenError)
    if has_parameters:
        refusals.append(NotFoundError)
    if method != "GET":
        refusals += [BodyTooLargeError, UnsupportedMediaTypeError]
        refusals += [IdempotencyMismatchError] if declared.repeatable else []
    return [*refusals, ThrottledError, InternalError, UnavailableError]


def responses_to(refusals: Iterable[Refusal], registry: ComponentRegistry) -> Json:
    """Returns the errors as responses by status; equal ones share a component."""
    by_status: dict[int, list[Refusal]] = {}
    for refusal in refusals:
        kinds = by_status.setdefault(refusal.status, [])
        if refusal not in kinds:
            kinds.append(refusal)
    responses: Json = {}
    for status, kinds in sorted(by_status.items()):
        kinds.sort(key=lambda kind: kind.code)
        component = ResolvedComponent(
            name="Or".join(kind.__name__.removesuffix("Error") for kind in kinds),
            type=ResolvedComponent.RESPONSE,
            schema=_response(kinds),
            object=RefusedError,
        )
        registry.register_on_missing(component)
        responses[str(status)] = component.ref
    return responses


def _response(refusals: list[Refusal]) -> Json:
    codes = [refusal.code for refusal in refusals]
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    return {
        "description": " ".join(str(refusal.sentence) for refusal in refusals),
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [{"$ref": "#/components/schemas/Refusal"}, narrowed]
                },
                "examples": {
                    refusal.code: {"value": _example(refusal)} for refusal in refusals
                },
            }
        },
    }


def _example(refusal: Refusal) -> Json:
    error: Json = {"code": refusal.code, "message": str(refusal.sentence)}
    if refusal is InvalidError:
        error["fields"] = {"name": ["This field is required."]}
    return {"success": False, "error": error}
