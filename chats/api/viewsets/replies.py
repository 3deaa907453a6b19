"""Calls about quick replies, and about the options of a console."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.replies import (
    DeleteReply,
    FindOptions,
    ListReplies,
    SaveReply,
)
from chats.api.viewsets.chats import manager_names
from chats.api.viewsets.inbox import read_request
from chats.inbox.options import options_of
from chats.inbox.replies import list_replies
from chats.inbox.reply_saving import ReplyInput, delete_reply, save_reply
from contacts.models import Channel
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import FILE_BODY, ContractViewSet, operation
from managers.lookup import find_manager


class ReplyViewSet(ContractViewSet):
    @operation(FindOptions, reads=True)
    def find_options(self, fields: Fields) -> Any:
        names = manager_names(fields)
        by_page = "number" not in names
        channel = Channel.FACEBOOK if by_page else Channel.WHATSAPP
        return options_of(find_manager(self.caller, **names), channel)

    @operation(ListReplies, reads=True)
    def list_replies(self, fields: Fields) -> Any:
        request = read_request(fields) if "contactId" in fields else None
        names, operator_id = manager_names(fields), fields["operatorId"]
        return {"replies": list_replies(self.caller, names, operator_id, request)}

    @operation(SaveReply, body_limit=FILE_BODY)
    def save_reply(self, fields: Fields) -> Any:
        given = ReplyInput(
            shortcut=fields["shortcut"],
            text=fields.get("text"),
            title=fields.get("title"),
            scope=fields.get("scope"),
            area=fields.get("area"),
            file=fields.get("base64"),
            file_name=fields.get("fileName", ""),
            drops_file="base64" in fields and fields["base64"] is None,
        )
        names, operator_id = manager_names(fields), fields["operatorId"]
        return save_reply(self.caller, names, operator_id, given)

    @operation(DeleteReply)
    def delete_reply(self, fields: Fields) -> Any:
        names, operator_id = manager_names(fields), fields["operatorId"]
        delete_reply(self.caller, names, operator_id, fields["id"])
        return "Reply deleted"
