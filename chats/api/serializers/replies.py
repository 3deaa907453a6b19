"""The request bodies of the calls about quick replies and options."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from chats.api.fields import DataUri, FileName, RowId
from chats.api.serializers.chats import Narrowed
from chats.files.pictures import MOST_PIXELS
from chats.inbox.replies import SCOPES
from hci_center.api.fields import ContactId, OneOf, OperatorId, Text, WireField
from hci_center.api.parsers import WrongValueError, parse_text
from hci_center.api.request_schema import Fields, Wrong, require_one_of

LONGEST_REPLY = 4096
LONGEST_TITLE = 60
_SHORTCUT = re.compile(r"[a-z0-9_-]{1,32}")


class Shortcut(WireField):
    def parse(self, value: Any) -> str:
        text = parse_text(value, 255)
        if not _SHORTCUT.fullmatch(text):
            raise WrongValueError(_("A shortcut has 1 to 32 of a-z, 0-9, _ and -."))
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "integer"], "pattern": "^[a-z0-9_-]{1,32}$"}


class OptionalFile(DataUri):
    """A file; "" is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(clearable=True, required=False, **options)

    def parse(self, value: Any) -> Any:
        return None if value == "" else super().parse(value)

    def schema(self) -> dict[str, Any]:
        return {"oneOf": [super().schema(), {"type": "string", "const": ""}]}


class FindOptions(Narrowed):
    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")


class OfOperator(Narrowed):
    operatorId = OperatorId()


class ListReplies(OfOperator):
    contactId = ContactId(required=False)


class SaveReply(OfOperator):
    shortcut = Shortcut()
    text = Text(LONGEST_REPLY, required=False, clearable=True)
    title = Text(LONGEST_TITLE, required=False, clearable=True)
    scope = OneOf(*SCOPES, required=False)
    area = Text(200, required=False)
    base64 = OptionalFile()
    fileName = FileName(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        sent = values.get("base64")
        if sent is not None and sent.has_too_many_pixels:
            sentence = _("The picture has more than %d million pixels.")
            wrong["base64"] = [sentence % (MOST_PIXELS // 10**6)]


class DeleteReply(OfOperator):
    id = RowId()
