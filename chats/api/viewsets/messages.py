"""Calls that list messages, record them and update their status."""

from __future__ import annotations

from typing import Any

from chats.api.sent_files import stored_first
from chats.api.serializers.chats import (
    ListMessages,
    ReadChat,
    RecordMessage,
    ReportStatus,
)
from chats.api.serializers.message_extras import extras_of
from chats.api.viewsets.chats import manager_names
from chats.conversations.audit import actor_of
from chats.conversations.message_rows import Shape
from chats.conversations.queries import owners_of_message
from chats.conversations.reading import ReadRequest, Window, list_messages, mark_read
from chats.inbound.record import IncomingMessage, record_message
from chats.messages.receipts import report_status
from chats.messages.targets import NamedContact
from contacts.queries import contact_shape
from hci_center.api.request_schema import Fields
from hci_center.api.subject import is_subject_wanted, record_subject
from hci_center.api.viewset import FILE_BODY, ContractViewSet, operation
from managers.lookup import find_manager


class MessageViewSet(ContractViewSet):
    @operation(ListMessages, reads=True)
    def list(self, fields: Fields) -> Any:
        window = Window(fields.get("after"), fields.get("before"), fields.get("limit"))
        return list_messages(
            self.caller,
            _read_request(fields),
            window,
            closed_too=fields.get("closed", False),
            with_protocols=fields.get("protocols", False),
        )

    @operation(
        RecordMessage,
        closed_to=("operator",),
        body_limit=FILE_BODY,
        prepare=stored_first,
    )
    def record(self, fields: Fields) -> Any:
        arrival = IncomingMessage(
            target=NamedContact(
                caller=self.caller,
                number=fields.get("number"),
                page=fields.get("facebookId"),
                channel=fields["channel"],
                external_id=fields["external_id"],
            ),
            sender=fields["from"],
            senders=fields["senders"],
            type=fields["type"],
            content=fields.get("content", ""),
            url=fields.get("url", ""),
            file=fields.get("base64"),
            gateway_id=fields.get("messageId"),
            created_at=fields.get("timestamp"),
            extras=extras_of(fields),
        )
        message = record_message(arrival, actor=actor_of(self.caller))
        _note_subject(message)
        return message

    @operation(ReportStatus, closed_to=("operator",))
    def report_status(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **manager_names(fields))
        message = report_status(
            manager_id, fields["messageId"], fields["status"], fields.get("error", "")
        )
        if message is not None:
            _note_subject(message)
        return message

    @operation(ReadChat)
    def mark_read(self, fields: Fields) -> Any:
        return contact_shape(mark_read(self.caller, _read_request(fields)))


def _note_subject(message: Shape) -> None:
    """Records the message's owners, for calls whose statements do not return them."""
    if is_subject_wanted():
        record_subject(*owners_of_message(message["id"]))


def _read_request(fields: Fields) -> ReadRequest:
    return ReadRequest(
        contact=fields["contactId"],
        operator_id=fields["operatorId"],
        manager=manager_names(fields),
    )
