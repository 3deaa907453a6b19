"""Calls that store operators' messages and queue them for the gateway."""

from __future__ import annotations

from typing import Any

from chats.api.sent_files import stored_first
from chats.api.serializers.chats import (
    SendTextByController,
    SendTextByPage,
)
from chats.api.serializers.message_extras import extras_of
from chats.api.serializers.sending_files import SendFileByController, SendFileByPage
from chats.api.viewsets.chats import manager_names
from chats.inbox.reply_files import send_reply_file
from chats.messages.send import (
    SendContext,
    authorize_send,
    authorize_send_on_facebook,
    send_file,
    send_text,
)
from contacts.models import Channel
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import FILE_BODY, ContractViewSet, operation


class SendingViewSet(ContractViewSet):
    @operation(SendTextByController)
    def send_text_by_controller(self, fields: Fields, controller_port: int) -> Any:
        context = self._by_controller(fields, controller_port, fields["operatorId"])
        return send_text(context, fields["text"], extras_of(fields))

    @operation(SendTextByPage)
    def send_text_by_page(self, fields: Fields) -> Any:
        context = self._by_page(fields, fields["operatorId"])
        token = fields.get("token", "")
        return send_text(context, fields["text"], extras_of(fields), token=token)

    @operation(SendFileByController, body_limit=FILE_BODY, prepare=stored_first)
    def send_file_by_controller(self, fields: Fields, controller_port: int) -> Any:
        context = self._by_controller(fields, controller_port, fields["from"])
        return _send_file(context, fields)

    @operation(SendFileByPage, body_limit=FILE_BODY, prepare=stored_first)
    def send_file_by_page(self, fields: Fields) -> Any:
        context = self._by_page(fields, fields["from"])
        return _send_file(context, fields, token=fields.get("token", ""))

    def _by_controller(
        self, fields: Fields, controller_port: int, operator_id: int
    ) -> SendContext:
        return authorize_send(
            self.caller,
            {"controller_port": controller_port},
            Channel.WHATSAPP,
            fields["contact"].whatsapp_id,
            operator_id,
        )

    def _by_page(self, fields: Fields, operator_id: int) -> SendContext:
        names, external_id = manager_names(fields), fields["contact"].facebook_id
        if not names:
            return authorize_send_on_facebook(self.caller, external_id, operator_id)
        return authorize_send(
            self.caller, names, Channel.FACEBOOK, external_id, operator_id
        )


def _send_file(context: SendContext, fields: Fields, token: str = "") -> Any:
    extras = extras_of(fields)
    if "reply" in fields:
        said = fields.get("type")
        return send_reply_file(context, fields["reply"], said, extras, token=token)
    file = fields["base64"]
    return send_file(context, fields["type"], file, extras, token=token)
