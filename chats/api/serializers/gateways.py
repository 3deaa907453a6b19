"""The request bodies of the calls about gateways."""

from __future__ import annotations

from chats.api.fields import Texts
from chats.api.serializers.chats import ReadChat, WhatsAppContact
from chats.api.serializers.message_extras import Quoting
from hci_center.api.fields import Flag, OperatorId, Phone, PublicId, Text
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of

MOST_PARAMETERS = 32
LONGEST_PARAMETER = 1024


class SendAgain(ReadChat):
    id = Text(64)


class SendTemplate(WhatsAppContact, Quoting):
    operatorId = OperatorId()
    name = Text(512)
    language = Text(16)
    parameters = Texts(most=MOST_PARAMETERS, longest=LONGEST_PARAMETER)


class FindTemplates(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")


class FindSession(FindTemplates):
    connect = Flag(required=False)
