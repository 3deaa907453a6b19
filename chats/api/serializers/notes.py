"""The request bodies of the calls about notes and tags."""

from __future__ import annotations

from chats.api.fields import OperatorIds, RowId, Texts
from chats.api.serializers.chats import ReadChat
from chats.api.serializers.inbox import LONGEST_PROTOCOL
from chats.inbox.notes import LONGEST_NOTE, MOST_MENTIONS
from hci_center.api.fields import Integer, Text
from hci_center.api.request_schema import Fields, Wrong, require_one_of

LONGEST_TAG = 32
# The limit per call, which is more than a contact can have.
MOST_CODES = 100


class WriteNote(ReadChat):
    text = Text(LONGEST_NOTE)
    mentions = OperatorIds(most=MOST_MENTIONS, required=False)


class ListNotes(ReadChat):
    protocol = Text(LONGEST_PROTOCOL, required=False)
    before = RowId(required=False)
    limit = Integer(1, 200, required=False)


class ChangeTags(ReadChat):
    add = Texts(most=MOST_CODES, longest=LONGEST_TAG, required=False)
    remove = Texts(most=MOST_CODES, longest=LONGEST_TAG, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "add", "remove")
