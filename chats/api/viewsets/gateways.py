"""Calls of operators and supervisors about the gateways themselves."""

from __future__ import annotations

from typing import Any

from chats.accounts.health import request_qr
from chats.accounts.sessions import session_shape
from chats.accounts.templates import templates_of
from chats.api.serializers.gateways import (
    FindSession,
    FindTemplates,
    SendAgain,
    SendTemplate,
)
from chats.api.serializers.message_extras import extras_of
from chats.api.viewsets.chats import manager_names
from chats.conversations.reading import ReadRequest
from chats.gateways.base import Template
from chats.messages.resend import resend
from chats.messages.send import authorize_send, send_template
from contacts.models import Channel
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.audit.once_a_day import record_once_a_day
from managers.lookup import find_manager


class GatewayViewSet(ContractViewSet):
    @operation(SendAgain)
    def send_again(self, fields: Fields) -> Any:
        read_request = ReadRequest(
            contact=fields["contactId"],
            operator_id=fields["operatorId"],
            manager=manager_names(fields),
        )
        return resend(self.caller, read_request, fields["id"])

    @operation(SendTemplate)
    def send_template(self, fields: Fields, controller_port: int) -> Any:
        context = authorize_send(
            self.caller,
            {"controller_port": controller_port},
            Channel.WHATSAPP,
            fields["contact"].whatsapp_id,
            fields["operatorId"],
        )
        template = Template(fields["name"], fields["language"], fields["parameters"])
        return send_template(context, template, extras_of(fields))

    @operation(FindTemplates, reads=True)
    def find_templates(self, fields: Fields) -> Any:
        names = manager_names(fields)
        manager_id = find_manager(self.caller, **names)
        # A page has none, even if its manager has a number.
        return {"templates": templates_of(manager_id) if "number" in names else []}

    @operation(FindSession, reads=True)
    def find_session(self, fields: Fields) -> Any:
        names = manager_names(fields)
        manager_id = find_manager(self.caller, **names)
        channel = Channel.WHATSAPP if "number" in names else Channel.FACEBOOK
        with_qr = self.caller.role != "operator"
        shape = session_shape(manager_id, channel.value, with_qr=with_qr)
        if shape.get("qr"):
            record_once_a_day("secret-shown", "qr", manager_id, manager_id=manager_id)
        may_connect = with_qr and fields.get("connect") is not False
        if may_connect and channel == Channel.WHATSAPP and shape["state"] != "open":
            request_qr(manager_id)
        return shape
