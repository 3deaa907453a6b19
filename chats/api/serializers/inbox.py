"""The request bodies of the calls about the list of chats and their history."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chats.api.fields import MessageId
from chats.api.serializers.chats import Narrowed, ReadChat
from chats.inbox.filters import STATES
from chats.inbox.search import SHORTEST_TEXT
from contacts.models import Channel
from hci_center.api.fields import Flag, Integer, OneOf, OperatorId, Text
from hci_center.api.request_schema import Fields, Wrong

LONGEST_PROTOCOL = 64
# Longer than any `next` cursor or name.
LONGEST_CURSOR = 500


class ListChats(Narrowed):
    operatorId = OperatorId(required=False)
    state = OneOf(*STATES, required=False)
    # "" has a meaning here: contacts without an area.
    area = Text(200, required=False, clearable=True)
    tag = Text(32, required=False)
    channel = OneOf(*Channel.values, required=False)
    text = Text(200, required=False)
    words = Text(200, required=False)
    limit = Integer(1, 200, required=False)
    after = Text(LONGEST_CURSOR, required=False)
    counts = Flag(required=False)
    feedCounts = Flag(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        if "text" in values and len(values["text"].strip()) < SHORTEST_TEXT:
            wrong["text"] = [_("This is shorter than %d characters.") % SHORTEST_TEXT]


class GetChat(ReadChat):
    protocol = Text(LONGEST_PROTOCOL, required=False)


class ListHistory(ReadChat):
    protocol = Text(LONGEST_PROTOCOL, required=False)
    # The id of an event.
    before = Integer(1, 2**63 - 1, required=False)
    limit = Integer(1, 1000, required=False)


class ListFiles(ReadChat):
    before = MessageId(required=False)
    limit = Integer(1, 200, required=False)
