"""Calls of consoles: the list of chats, a single chat, search and history."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.chats import ReadChat
from chats.api.serializers.inbox import GetChat, ListChats, ListFiles, ListHistory
from chats.api.viewsets.chats import manager_names
from chats.conversations.reading import ReadRequest
from chats.inbox.chat import get_chat
from chats.inbox.files import list_files
from chats.inbox.filters import ListRequest
from chats.inbox.history import HistoryWindow, list_history
from chats.inbox.list import list_chats
from chats.rules.explanation import explain
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation


class InboxViewSet(ContractViewSet):
    @operation(ListChats, reads=True)
    def list_chats(self, fields: Fields) -> Any:
        request = ListRequest(
            manager=manager_names(fields),
            operator_id=fields.get("operatorId"),
            state=fields.get("state", "open"),
            area=fields.get("area"),
            tag=fields.get("tag"),
            channel=fields.get("channel"),
            text=fields.get("text"),
            words=fields.get("words"),
            limit=fields.get("limit", 50),
            after=fields.get("after"),
            counts=fields.get("counts", False),
            feed_counts=fields.get("feedCounts", False),
        )
        return list_chats(self.caller, request)

    @operation(GetChat, reads=True)
    def get_chat(self, fields: Fields) -> Any:
        return get_chat(self.caller, read_request(fields), fields.get("protocol"))

    @operation(ReadChat, reads=True)
    def explain_assignment(self, fields: Fields) -> Any:
        return explain(self.caller, read_request(fields))

    @operation(ListHistory, reads=True)
    def history(self, fields: Fields) -> Any:
        window = HistoryWindow(
            fields.get("protocol"), fields.get("before"), fields.get("limit", 100)
        )
        return list_history(self.caller, read_request(fields), window)

    @operation(ListFiles, reads=True)
    def files(self, fields: Fields) -> Any:
        found = list_files(
            self.caller,
            read_request(fields),
            fields.get("before"),
            fields.get("limit", 50),
        )
        return {"files": found}


def read_request(fields: Fields) -> ReadRequest:
    return ReadRequest(
        contact=fields["contactId"],
        operator_id=fields["operatorId"],
        manager=manager_names(fields),
    )
