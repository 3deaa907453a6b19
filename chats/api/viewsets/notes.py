"""Calls about notes and tags."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.notes import ChangeTags, ListNotes, WriteNote
from chats.api.viewsets.inbox import read_request
from chats.inbox.notes import list_notes, write_note
from chats.inbox.tags import change_tags
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation


class NoteViewSet(ContractViewSet):
    @operation(WriteNote)
    def write_note(self, fields: Fields) -> Any:
        mentions = fields.get("mentions", ())
        return write_note(self.caller, read_request(fields), fields["text"], mentions)

    @operation(ListNotes, reads=True)
    def list_notes(self, fields: Fields) -> Any:
        notes = list_notes(
            self.caller,
            read_request(fields),
            protocol=fields.get("protocol"),
            before=fields.get("before"),
            limit=fields.get("limit", 100),
        )
        return {"notes": notes}

    @operation(ChangeTags)
    def change_tags(self, fields: Fields) -> Any:
        tags = change_tags(
            self.caller,
            read_request(fields),
            add=fields.get("add", ()),
            remove=fields.get("remove", ()),
        )
        return {"tags": tags}
