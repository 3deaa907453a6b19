"""POST report: figures, and the definitions of the metrics."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from chats.api.viewsets.chats import manager_names
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.reports.answers import ReportRequest, definitions, report
from hci_center.reports.api.serializers import Report
from managers.lookup import find_manager


class ReportViewSet(ContractViewSet):
    @operation(Report, reads=True, closed_to=("operator",))
    def report(self, fields: Fields) -> Any:
        names = manager_names(fields)
        manager_id = find_manager(self.caller, **names) if names else None
        if fields["metric"] == "definitions":
            return definitions(get_language() or "")
        request = ReportRequest(
            fields["metric"],
            fields.get("from"),
            fields.get("to"),
            fields.get("by", ()),
            manager_id,
            fields.get("area"),
            fields.get("operatorId"),
            fields.get("channel"),
        )
        return report(self.caller, request)
