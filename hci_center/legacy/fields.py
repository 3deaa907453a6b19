"""Parses the fields of a document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import orjson
from django.utils.translation import gettext as _

from hci_center.api.parsers import WrongValueError, parse_phone, parse_text
from hci_center.errors import Sentence
from hci_center.legacy.extended_json import plain, seconds_of_id, time_of

Value = TypeVar("Value")

LONGEST_ID = 64
LONGEST_NAME = 200
LONGEST_LINK = 2048
TIMES = ("createdAt", "date", "timestamp")
# Mongoose's own: the version of a document.
_IGNORED = {"_id", "__v"}


class WrongFieldError(Exception):
    """A field of a document is invalid: its name and a sentence."""

    def __init__(self, name: str, sentence: Sentence) -> None:
        self.name, self.sentence = name, sentence
        super().__init__(name)


class Fields:
    """The fields of one document; an unset one is absent, null or "".

    All methods raise WrongFieldError.
    """

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def get(self, name: str, parse: Callable[[Any], Value]) -> Value | None:
        """Returns the parsed field, or None if it is unset."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            value = plain(value)
            return None if value is None or value == "" else parse(value)
        except WrongValueError as error:
            raise WrongFieldError(name, error.sentence) from error

    def named(self, name: str, parse: Callable[[Any], Value]) -> Value | None:
        """Returns a parsed number or id; 0 is unset too."""
        return self.get(name, lambda v: None if v in (0, "0") else parse(v))

    def text(self, name: str, longest: int) -> str:
        """Returns the text, or "" if it is unset."""
        return self.get(name, lambda value: parse_text(value, longest)) or ""

    def objects(self, name: str) -> list[Any]:
        """Returns a list of documents; [] if it is unset."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise WrongFieldError(name, _("This must be a list."))
        return value

    def id(self) -> str:
        """Returns the `_id` as text, or "" if there is none."""
        return self.text("_id", LONGEST_ID)

    def time(self) -> datetime | None:
        """Returns the time in a field or in the `_id`, or None."""
        for name in TIMES:
            if (moment := self.get(name, time_of)) is not None:
                return moment
        return seconds_of_id(self.id())

    def unknown(self, known: Iterable[str]) -> set[str]:
        return self.values.keys() - known - _IGNORED


def digest_of(values: Any) -> str:
    """Returns the SHA-256 of the canonical JSON of the values."""
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()


def phone_of(value: Any) -> str | None:
    """Returns the digits if the value looks like a phone number, else None."""
    try:
        return str(parse_phone(value))
    except WrongValueError:
        return None
