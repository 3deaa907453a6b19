"""The trial of a menu."""

from __future__ import annotations

from typing import Any

from chats.api.serializers.menus import TryMenu
from chats.api.viewsets.chats import manager_names
from chats.rules.menu_trial import Trial, try_menu
from contacts.models import Channel
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from managers.lookup import find_manager


class MenuViewSet(ContractViewSet):
    @operation(TryMenu, reads=True, closed_to=("operator",))
    def try_menu(self, fields: Fields) -> Any:
        names = manager_names(fields)
        by_page = "number" not in names
        channel = Channel.FACEBOOK if by_page else Channel.WHATSAPP
        trial = Trial(
            say=fields["say"],
            menu=fields.get("menu"),
            name=fields.get("name", ""),
            channel=fields.get("channel", channel.value),
            at=fields.get("at"),
        )
        return try_menu(find_manager(self.caller, **names), trial)
