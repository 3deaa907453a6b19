"""The request bodies of the calls about gateways."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from chats.api.serializers.chats import ReadChat, WhatsAppContact
from chats.api.serializers.message_extras import Quoting
from hci_center.api.fields import Flag, OperatorId, Phone, PublicId, Text, WireField
from hci_center.api.parsers import WrongValueError, parse_text
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of

MOST_PARAMETERS = 32
LONGEST_PARAMETER = 1024


class Texts(WireField):
    """A list of texts; in a form, a JSON list."""

    def parse(self, value: Any) -> tuple[str, ...]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, list) or len(value) > MOST_PARAMETERS:
            raise WrongValueError(_("This must be a list of texts."))
        return tuple(parse_text(one, LONGEST_PARAMETER) for one in value)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string"},
            "maxItems": MOST_PARAMETERS,
        }


class SendAgain(ReadChat):
    id = Text(64)


class SendTemplate(WhatsAppContact, Quoting):
    operatorId = OperatorId()
    name = Text(512)
    language = Text(16)
    parameters = Texts()


class FindSession(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    connect = Flag(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")
