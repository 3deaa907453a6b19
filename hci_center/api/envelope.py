"""The response envelope: `{"success", "data"}` or `{"success", "error"}`."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise

from hci_center.api.deferred import MARK, DeferredValue, ResponseContext
from hci_center.errors import RefusedError


def render(payload: Any, context: ResponseContext) -> bytes:
    """Renders the payload as JSON, resolving deferred values for the context."""

    def resolve(value: Any) -> Any:
        if isinstance(value, DeferredValue):
            return value.resolve(context)
        return _plain(value)

    return orjson.dumps(payload, default=resolve)


def render_to_store(payload: Any) -> bytes:
    """Renders the payload as JSON with markers in place of deferred values."""

    def serialize(value: Any) -> Any:
        if isinstance(value, DeferredValue):
            return {MARK: value.kind, **value.serialize()}
        return _plain(value)

    return orjson.dumps(payload, default=serialize)


def _plain(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def success(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


def failure(refusal: RefusedError) -> dict[str, Any]:
    error = {"code": refusal.code, "message": refusal.sentence, **refusal.more}
    return {"success": False, "error": error}


def answer(status: int, content: bytes) -> HttpResponse:
    """Returns the HTTP response with rendered JSON; responses are never cached."""
    return HttpResponse(
        content,
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
