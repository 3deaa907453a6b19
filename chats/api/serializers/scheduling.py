"""The request bodies of the calls about scheduled messages."""

from __future__ import annotations

from chats.api.fields import RowId, Texts
from chats.api.serializers.chats import ReadChat
from chats.api.serializers.gateways import LONGEST_PARAMETER, MOST_PARAMETERS
from chats.messages.base64_text import LONGEST_CONTENT
from hci_center.api.fields import Moment, Text
from hci_center.api.request_schema import Fields, Wrong, require_one_of


class ScheduleMessage(ReadChat):
    content2 = Text(LONGEST_CONTENT, required=False)
    sendAt = Moment()
    name = Text(512, required=False)
    language = Text(16, required=False)
    parameters = Texts(most=MOST_PARAMETERS, longest=LONGEST_PARAMETER, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "content2", "name")
        if "name" in values:
            require_one_of(values, wrong, "language")


class CancelScheduled(ReadChat):
    id = RowId()
