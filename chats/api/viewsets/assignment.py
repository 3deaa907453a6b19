"""The trial of an assignment."""

from __future__ import annotations

from typing import Any

from areas.operators import find_area
from chats.api.serializers.assignment import TryAssignment
from chats.api.viewsets.chats import manager_names
from chats.rules.assignment_trial import AssignmentTrial, try_assignment
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from managers.lookup import find_manager


class AssignmentViewSet(ContractViewSet):
    @operation(TryAssignment, reads=True, closed_to=("operator",))
    def try_assignment(self, fields: Fields) -> Any:
        manager_id = find_manager(self.caller, **manager_names(fields))
        area = find_area(manager_id, fields["area"])
        trial = AssignmentTrial(
            assign=fields.get("assign"),
            cap=fields.get("cap"),
            last_operator=fields.get("lastOperator"),
            since=fields.get("from"),
            until=fields.get("to"),
        )
        return try_assignment(manager_id, area.id, trial)
