"""Calls about scheduled messages."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.chats import ReadChat
from chats.api.serializers.scheduling import CancelScheduled, ScheduleMessage
from chats.api.viewsets.inbox import read_request
from chats.gateways.base import Template
from chats.inbox.scheduling import (
    Later,
    cancel_scheduled,
    list_scheduled,
    schedule_message,
)
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation


class SchedulingViewSet(ContractViewSet):
    @operation(ScheduleMessage)
    def schedule(self, fields: Fields) -> Any:
        template = None
        if "name" in fields:
            parameters = tuple(fields.get("parameters", ()))
            template = Template(fields["name"], fields["language"], parameters)
        later = Later(fields["sendAt"], fields.get("content2", ""), template)
        return schedule_message(self.caller, read_request(fields), later)

    @operation(ReadChat, reads=True)
    def list_scheduled(self, fields: Fields) -> Any:
        return {"scheduled": list_scheduled(self.caller, read_request(fields))}

    @operation(CancelScheduled)
    def cancel(self, fields: Fields) -> Any:
        cancel_scheduled(self.caller, read_request(fields), fields["id"])
        return "Message cancelled"
