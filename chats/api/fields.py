"""Field types used only by the calls about messages."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from chats.conversations.message_details import LONGEST_FILE_NAME, clean_file_name
from chats.files.data_uri import NotADataUriError, SentFile, parse_data_uri
from hci_center.api.fields import WireField
from hci_center.api.parsers import WrongValueError, parse_operator_id, parse_text

_TYPE = re.compile(r"[a-z0-9_\-]{1,32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ROW_ID = re.compile(r"[1-9][0-9]{0,17}")
_LONGEST_ID = 255


class MessageType(WireField):
    def parse(self, value: Any) -> str:
        text = parse_text(value, _LONGEST_ID)
        if not _TYPE.fullmatch(text):
            raise WrongValueError(_("A type has 1 to 32 of a-z, 0-9, _ and -."))
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[a-z0-9_-]{1,32}$"}


class Texts(WireField):
    """A list of texts; in a form, a JSON list."""

    def __init__(self, *, most: int, longest: int, **options: Any) -> None:
        self.most, self.longest = most, longest
        super().__init__(**options)

    def parse(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = None
        if not isinstance(value, list) or len(value) > self.most:
            raise WrongValueError(_("This must be a list of texts."))
        return tuple(self.parse_one(one) for one in value)

    def parse_one(self, value: Any) -> Any:
        return parse_text(value, self.longest)

    def schema(self) -> dict[str, Any]:
        texts = {"type": "array", "items": {"type": "string"}, "maxItems": self.most}
        return {
            "description": "A form sends a JSON list.",
            "oneOf": [texts, {"type": "string"}],
        }


class OperatorIds(Texts):
    """A list of operators' ids; in a form, a JSON list."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(most=most, longest=64, **options)

    def parse_one(self, value: Any) -> int:
        return parse_operator_id(value)


class RowId(WireField):
    """The id of a row that the API shows as a text of digits; -1 if it cannot be one."""

    def parse(self, value: Any) -> int:
        text = parse_text(value, 64)
        return int(text) if _ROW_ID.fullmatch(text) else -1

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "maxLength": 64}


class MessageId(WireField):
    """The id of a message in API responses."""

    def parse(self, value: Any) -> UUID:
        if not isinstance(value, str) or not _UUID.fullmatch(value):
            raise WrongValueError(_("There is no such message."))
        return UUID(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


class FileName(WireField):
    """A file name: the last part of a path, "" if that is empty."""

    def parse(self, value: Any) -> str:
        return clean_file_name(parse_text(value, LONGEST_FILE_NAME))

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": LONGEST_FILE_NAME}


class DataUri(WireField):
    """A file. The size limit is checked later, by the domain function."""

    def parse(self, value: Any) -> SentFile:
        try:
            if not isinstance(value, str):
                raise NotADataUriError
            return parse_data_uri(value, settings.LARGEST_FILE)
        except NotADataUriError as error:
            sentence = _("This must be data:<type>;base64,<strict base64>.")
            raise WrongValueError(sentence) from error

    def schema(self) -> dict[str, Any]:
        return {
            "description": "The whole file, as a data URI in strict base64.",
            "type": "string",
            "pattern": "^data:.+;base64,[A-Za-z0-9+/]+={0,2}$",
        }
