"""The request body of the call for a transcript."""

from __future__ import annotations

from chats.api.serializers.chats import Narrowed
from chats.api.serializers.inbox import LONGEST_PROTOCOL
from hci_center.api.fields import Flag, Text


class GetTranscript(Narrowed):
    protocol = Text(LONGEST_PROTOCOL)
    notes = Flag(required=False)
