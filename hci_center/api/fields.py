"""The fields of request bodies: each parses a value and describes its schema.

A field's `parse` calls a function of `hci_center.api.parsers`. The classes are DRF
fields so that the schema generator can describe them; requests only run `parse`,
through `hci_center.api.request_schema.Body.read`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from hci_center.api.parsers import (
    ContactKey,
    WrongValueError,
    parse_contact_key,
    parse_controller_port,
    parse_flag,
    parse_integer,
    parse_moment,
    parse_operator_id,
    parse_phone,
    parse_public_id,
    parse_text,
    parse_timestamp,
)


class WireField(serializers.Field[Any, Any, Any, Any]):
    """A field of a request body.

    With `clearable`, "" is a value that clears what is stored; otherwise "" counts as
    absent, as null always does.
    """

    def __init__(self, *, clearable: bool = False, **options: Any) -> None:
        self.clearable = clearable
        super().__init__(**options)

    def parse(self, value: Any) -> Any:
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """Returns the JSON Schema of the values that `parse` accepts."""
        raise NotImplementedError


class Text(WireField):
    def __init__(self, longest: int, **options: Any) -> None:
        self.longest = longest
        super().__init__(**options)

    def parse(self, value: Any) -> str:
        return parse_text(value, self.longest)

    def schema(self) -> dict[str, Any]:
        shortest = {"minLength": 1} if self.required else {}
        return {
            "type": ["string", "integer"],
            **shortest,
            "maxLength": self.longest,
        }


class Phone(WireField):
    def parse(self, value: Any) -> int:
        return parse_phone(value)

    def schema(self) -> dict[str, Any]:
        spelled = r"^\s*\+?([\s().\-/]*[0-9]){1,15}[\s().\-/]*$"
        return {
            "description": "A phone number of 1 to 15 digits, also as people write it, such as "
            "+55 (11) 98765-4321.",
            "oneOf": [
                {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999},
                {"type": "string", "pattern": spelled},
            ],
        }


class Port(WireField):
    def parse(self, value: Any) -> int:
        return parse_controller_port(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A TCP port from 1 to 65535 that the server allows for controllers.",
            "oneOf": [
                {"type": "string", "pattern": "^0*[0-9]{1,5}$"},
                {"type": "integer", "minimum": 1, "maximum": 65535},
            ],
        }


class PublicId(WireField):
    def parse(self, value: Any) -> str:
        return parse_public_id(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A Facebook id. Returned as a string.",
            "oneOf": [
                {"type": "string", "pattern": r"^[A-Za-z0-9_.:\-]{1,64}$"},
                {"type": "integer"},
            ],
        }


class ContactId(WireField):
    def parse(self, value: Any) -> ContactKey:
        return parse_contact_key(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A WhatsApp number, or the id of a contact without a phone number.",
            "oneOf": [
                {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999},
                {"type": "string", "pattern": r"^[A-Za-z0-9_.:\-]{1,64}$"},
            ],
        }


class OperatorId(WireField):
    def parse(self, value: Any) -> int:
        return parse_operator_id(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "The id of an operator; 0 is nobody.",
            "type": ["string", "integer"],
            "minLength": 1,
            "maxLength": 64,
        }


class Flag(WireField):
    def parse(self, value: Any) -> bool:
        return parse_flag(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A form sends true, false, 1 or 0.",
            "oneOf": [
                {"type": "boolean"},
                {"type": "string", "enum": ["true", "false", "1", "0"]},
                {"type": "integer", "enum": [1, 0]},
            ],
        }


class Integer(WireField):
    def __init__(self, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**options)

    def parse(self, value: Any) -> int:
        return parse_integer(value, self.least, self.most)

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class OneOf(WireField):
    """One value of a fixed list."""

    def __init__(self, *words: str, **options: Any) -> None:
        self.words = words
        super().__init__(**options)

    def parse(self, value: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise WrongValueError(_("This must be one of %s.") % ", ".join(self.words))
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}


class TimestampField(WireField):
    def parse(self, value: Any) -> datetime:
        return parse_timestamp(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A Unix time in seconds or milliseconds.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 9_999_999_999_999,
        }


class Moment(WireField):
    """A time: ISO 8601 with its offset from UTC, or a Unix time."""

    def parse(self, value: Any) -> datetime:
        return parse_moment(value)

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A time with its offset from UTC, or a Unix time in seconds or "
            "milliseconds.",
            "oneOf": [
                {"type": "string", "format": "date-time"},
                {"type": "number", "exclusiveMinimum": 0},
            ],
        }


class AnyValue(WireField):
    """A text that the operation itself parses, if it takes it at all."""

    def __init__(self, longest: int, **options: Any) -> None:
        self.longest = longest
        super().__init__(**options)

    def parse(self, value: Any) -> Any:
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "maxLength": self.longest}
