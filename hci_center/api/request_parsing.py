"""What a request carries, as one plain mapping, whatever form it came in."""

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
# What the body guard leaves in the environ when it stopped reading.
TOO_LARGE = "hci.body_too_large"
MOST_FORM_FIELDS = 1000

# Beyond 64 bits orjson answers a float, which would change the digits. They are looked
# for with all digits made equal: a pattern would take a second for each 12 MB, in
# which no other thread could run.
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
    """The fields of the body; of the query string for GET and a bare DELETE.

    Raises UnsupportedMediaTypeError for another kind of body and
    MalformedBodyError for one that is not an object of its kind.
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
    """A JSON object of UTF-8 text, its integers exact however long.

    orjson reads the usual body; what it refuses or would round is read again by the
    standard parser, which knows lone surrogates (a wrong field, not a wrong body)
    and long integers. NaN, Infinity and nesting without end are malformed.
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
    """Whether 19 digits follow each other anywhere, in a text too."""
    if len(body) <= _PIECE:
        return _LONG_NUMBER in body.translate(_DIGITS)
    # Piece by piece, each with the beginning of the next, it needs no second body.
    return any(
        _LONG_NUMBER in body[at : at + _PIECE + 18].translate(_DIGITS)
        for at in range(0, len(body), _PIECE)
    )


def _parse_slowly(body: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    def integer(digits: str) -> int | str:
        # Python itself refuses to convert longer ones; as a text it is read alike.
        return int(digits) if len(digits) <= _LONGEST_INTEGER else digits

    try:
        return json.loads(body.decode(), parse_constant=refuse, parse_int=integer)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError from error


def _parse_form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(
            # Whoever writes the text as it is, without %, writes UTF-8.
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FORM_FIELDS,
        )
    except ValueError as error:
        raise MalformedBodyError from error
    return dict(pairs)
