"""The call about operators that counts their chats."""

from __future__ import annotations

from typing import Any

from areas.operators import find_area
from chats.api.serializers.operators import FindOperators
from chats.api.viewsets.chats import manager_names
from chats.conversations.operator_load import operators_with_load
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from managers.lookup import find_manager


class OperatorViewSet(ContractViewSet):
    @operation(FindOperators, reads=True)
    def find_operators(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **manager_names(fields))
        area_id = None
        if "area" in fields:
            area_id = find_area(manager_id, fields["area"]).id
        return {"operators": operators_with_load(manager_id, area_id)}
