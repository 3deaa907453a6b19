"""Calls that close and reopen chats, and list surveys."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.closing import CloseChat, ListSurveys, ReopenChat
from chats.api.viewsets.chats import manager_names
from chats.api.viewsets.inbox import read_request
from chats.inbox.closing import close, reopen
from chats.inbox.surveys import SurveyRequest, list_surveys
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from managers.lookup import find_manager


class ClosingViewSet(ContractViewSet):
    @operation(CloseChat)
    def close(self, fields: Fields) -> Any:
        return close(
            self.caller,
            read_request(fields),
            reason=fields.get("reason", ""),
            survey=fields.get("survey", True),
        )

    @operation(ReopenChat)
    def reopen(self, fields: Fields) -> Any:
        return reopen(
            self.caller,
            read_request(fields),
            fields["protocol"],
            claims=fields.get("claim", False),
        )

    @operation(ListSurveys, reads=True, closed_to=("operator",))
    def list_surveys(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **manager_names(fields))
        request = SurveyRequest(
            first=fields.get("from"),
            last=fields.get("to"),
            area=fields.get("area"),
            operator_id=fields.get("operatorId"),
            limit=fields.get("limit", 50),
            after=fields.get("after"),
        )
        return list_surveys(manager_id, request)
