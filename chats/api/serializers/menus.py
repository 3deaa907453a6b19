"""The request body of the menu's trial."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from chats.api.serializers.replies import FindOptions
from chats.rules.menu_answers import Said
from contacts.models import Channel
from hci_center.api.fields import Moment, OneOf, Text, WireField
from hci_center.api.parsers import WrongValueError, parse_text

# The maximum number of messages of a trial, and their maximum length.
MOST_SAID = 200
LONGEST_SAID = 4096


class JsonField(WireField):
    """A JSON value; in a form, its text."""

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        return self.parse_json(value)

    def parse_json(self, value: Any) -> Any:
        if not isinstance(value, dict):
            raise WrongValueError(_("This must be an object."))
        return value

    def schema(self) -> dict[str, Any]:
        return {
            "description": "A form sends a JSON object.",
            "oneOf": [{"type": "object"}, {"type": "string"}],
        }


class Messages(JsonField):
    """The messages of a customer: texts, and objects with the type of a file."""

    def parse_json(self, value: Any) -> tuple[Said, ...]:
        if not isinstance(value, list) or not value:
            raise WrongValueError(_("This must be a list, and not empty."))
        if len(value) > MOST_SAID:
            raise WrongValueError(_("There can be at most %d of them.") % MOST_SAID)
        return tuple(map(_said, value))

    def schema(self) -> dict[str, Any]:
        message = {"oneOf": [{"type": "string"}, {"type": "object"}]}
        listed = {"type": "array", "items": message, "maxItems": MOST_SAID}
        return {
            "description": "A form sends a JSON list.",
            "oneOf": [listed | {"minItems": 1}, {"type": "string"}],
        }


def _said(value: Any) -> Said:
    if isinstance(value, dict):
        parse_text(value.get("type"), 32)
        return Said("", is_media=value["type"] != "text")
    return Said(parse_text(value, LONGEST_SAID))


class TryMenu(FindOptions):
    say = Messages()
    menu = JsonField(required=False)
    name = Text(200, required=False)
    channel = OneOf(*Channel.values, required=False)
    at = Moment(required=False)
