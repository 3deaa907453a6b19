"""Reads the fields of a request, from JSON, a form or the query string."""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import orjson
from django.http import HttpRequest

from hci_center.errors import (
    BodyTooLargeError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# Set in the environ by the web server for a body that was too large to read.
TOO_LARGE = "hci.body_too_large"
MOST_FORM_FIELDS = 1000

# Beyond 64 bits orjson returns a float, which would change the digits. Long numbers
# are found by mapping all digits to one byte: a regular expression would take a second
# per 12 MB and block all other threads.
_DIGITS = bytes(48 if 48 <= byte <= 57 else 0 for byte in range(256))
_LONG_NUMBER = b"0" * 19
_PIECE = 2**20
_LONGEST_INTEGER = 4000


def refuse_large(request: HttpRequest, limit: int) -> None:
    """Raises BodyTooLargeError for a body over `limit` bytes, before it is read."""
    if request.META.get(TOO_LARGE):
        raise BodyTooLargeError
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdigit() and int(length) > limit:
        raise BodyTooLargeError


def sent_fields(request: HttpRequest) -> dict[str, Any]:
    """Returns the body's fields; those of the query for GET and DELETE without body.

    Raises UnsupportedMediaTypeError for another content type and MalformedBodyError for
    a body that is not an object of its type.
    """
    if request.method in ("GET", "HEAD"):
        return dict(request.GET.items())
    body = request.body
    if not body:
        return dict(request.GET.items()) if request.method == "DELETE" else {}
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise UnsupportedMediaTypeError
    media_type = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if media_type == JSON:
        return parse_object(body)
    if media_type == FORM:
        return _parse_form(body)
    raise UnsupportedMediaTypeError


def parse_object(body: bytes) -> dict[str, Any]:
    """Parses a JSON object of UTF-8 text; integers of any length stay exact.

    orjson parses the usual body. What it rejects or would round is parsed by the
    standard library, which accepts lone surrogates (a wrong field, not a wrong body)
    and long integers. NaN, Infinity and nesting that is too deep are malformed.
    """
    try:
        parsed = None if _has_long_number(body) else orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if parsed is None:
        parsed = _parse_slowly(body)
    if not isinstance(parsed, dict):
        raise MalformedBodyError
    return parsed


def _has_long_number(body: bytes) -> bool:
    """Returns whether the body has 19 consecutive digits, even within a text."""
    if len(body) <= _PIECE:
        return _LONG_NUMBER in body.translate(_DIGITS)
    # Overlapping pieces avoid a second copy of the whole body.
    return any(
        _LONG_NUMBER in body[at : at + _PIECE + 18].translate(_DIGITS)
        for at in range(0, len(body), _PIECE)
    )


def _parse_slowly(body: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    def integer(digits: str) -> int | str:
        # Python refuses to convert longer ones; as a text the value is parsed alike.
        return int(digits) if len(digits) <= _LONGEST_INTEGER else digits

    try:
        return json.loads(body.decode(), parse_constant=refuse, parse_int=integer)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError from error


def _parse_form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            # Clients that send text without percent-encoding send UTF-8.
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FORM_FIELDS,
        )
    except ValueError as error:
        raise MalformedBodyError from error
    return dict(pairs)
