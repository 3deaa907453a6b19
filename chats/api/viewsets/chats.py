"""Calls that open, hand over and close chats."""

from __future__ import annotations

from typing import Any

from areas.operators import find_operator
from chats.api.serializers.chats import (
    ChangeOperator,
    DeleteChat,
    OpenChat,
    OpenFacebookChat,
)
from chats.conversations.audit import actor_of
from chats.conversations.lifecycle import open_chat
from chats.conversations.queries import messages_of_chat, open_chat_of
from chats.inbox import transfers
from chats.rules.closing import Closing, close_by_call
from contacts.lookup import find_one
from contacts.manager_ref import ManagerRef
from contacts.models import Channel, Contact
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.errors import (
    ChatNotFoundError,
    ContactNotFoundError,
    ManagerNotFoundError,
)
from managers.lookup import find_manager


class ChatViewSet(ContractViewSet):
    @operation(OpenChat)
    def open(self, fields: Fields) -> Any:
        return self._opened(self._find(fields, channel=Channel.WHATSAPP))

    @operation(OpenFacebookChat)
    def open_facebook(self, fields: Fields) -> Any:
        return self._opened(self._find(fields, channel=Channel.FACEBOOK))

    @operation(ChangeOperator)
    def change_operator(self, fields: Fields) -> Any:
        requested = fields["operatorId"]
        contact = self._find(fields)
        operator_id = None
        if requested:
            operator_id = find_operator(contact.manager_id, requested).operator_id
        chat = open_chat_of(contact.pk)
        if chat is None:
            raise ChatNotFoundError
        transfers.hand_over(self.caller, contact, operator_id, fields)
        return {
            "contactNumber": contact.public_id,
            "operatorId": _operator_id(operator_id),
            "messages": messages_of_chat(contact, chat[0]),
            "contactId": contact.public_id,
        }

    @operation(DeleteChat)
    def delete(self, fields: Fields) -> Any:
        try:
            contact = self._find(fields)
            # For programs, only PUT chat/close asks for a rating.
            asks = self.caller.is_person and fields.get("survey", True)
            cause, reason = fields.get("cause", ""), fields.get("reason", "")
            closing = Closing(cause, reason, asks=asks)
            close_by_call(contact, closing, actor_of(self.caller))
        except ContactNotFoundError as error:
            raise ChatNotFoundError from error
        return "Chat deleted"

    def _opened(self, contact: Contact) -> Any:
        chat = open_chat(contact, actor=actor_of(self.caller))
        return {
            "contactId": contact.public_id,
            "operatorId": _operator_id(contact.operator_id),
            "messages": messages_of_chat(contact, chat.pk),
            "protocol": chat.protocol,
        }

    def _find(self, fields: Fields, *, channel: str | None = None) -> Contact:
        """Returns the named contact, among those of the given manager.

        The manager is given by number or page, which also determine the channel, or by
        one of its operators.
        """
        names = manager_names(fields)
        manager_id = None
        if names:
            try:
                manager_id = find_manager(self.caller, **names)
            except ManagerNotFoundError as error:
                raise ContactNotFoundError from error
        if channel is None and len(names) == 1:
            channel = Channel.WHATSAPP if "number" in names else Channel.FACEBOOK
        return find_one(
            self.caller,
            fields["contact"] if "contact" in fields else fields["contactId"],
            channel=channel,
            manager_id=manager_id,
            operator=fields.get("operatorId"),
        )


def manager_names(fields: Fields) -> ManagerRef:
    """Returns the manager given with a contact; usually none."""
    names: ManagerRef = {}
    if "number" in fields:
        names["number"] = fields["number"]
    if "facebookId" in fields:
        names["facebook_id"] = fields["facebookId"]
    return names


def _operator_id(operator_id: int | None) -> str | int:
    """Returns the id as documented: a text, or the number 0 for no operator."""
    return str(operator_id) if operator_id else 0
