"""The frame of every answer: `{"success", "data"}` or `{"success", "error"}`."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.functional import Promise

from hci_center.api.deferred import MARK, DeferredValue, ResponseContext
from hci_center.errors import RefusedError


def render(payload: Any, asker: ResponseContext) -> bytes:
    """The payload as JSON text, its late values made for this asker."""

    def fill(value: Any) -> Any:
        if isinstance(value, DeferredValue):
            return value.resolve(asker)
        return _plain(value)

    return orjson.dumps(payload, default=fill)


def render_to_store(payload: Any) -> bytes:
    """The payload as JSON text, with marks where late values stood."""

    def mark(value: Any) -> Any:
        if isinstance(value, DeferredValue):
            return {MARK: value.kind, **value.serialize()}
        return _plain(value)

    return orjson.dumps(payload, default=mark)


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
    """The HTTP response around rendered JSON; answers are never cached."""
    return HttpResponse(
        content,
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
