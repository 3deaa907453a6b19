"""POST report: figures, and the definitions of the metrics."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chats.api.viewsets.chats import manager_names
from hci_center.api.request_schema import Fields
from hci_center.api.viewset import ContractViewSet, operation
from hci_center.errors import InvalidError
from hci_center.reports import live, replica
from hci_center.reports.answers import (
    ReportRequest,
    definitions,
    report,
    report_rows,
    row_shapes,
)
from hci_center.reports.api.serializers import Report
from managers.lookup import find_manager

# How many rows a page has unless a `limit` is given.
ROWS = 100
NOT_OF_NOW = ("from", "to", "by", "area", "operatorId", "channel", "rows")


class ReportViewSet(ContractViewSet):
    @operation(Report, reads=True, closed_to=("operator",), open_to_auditors=True)
    def report(self, fields: Fields) -> Any:
        names = manager_names(fields)
        manager_id = find_manager(self.caller, **names) if names else None
        if fields["metric"] == "definitions":
            return definitions(get_language() or "")
        if fields["metric"] == "now":
            return self._now(manager_id, fields)
        request = ReportRequest(
            fields["metric"],
            fields.get("from"),
            fields.get("to"),
            () if fields.get("rows") else fields.get("by", ()),
            manager_id,
            fields.get("area"),
            fields.get("operatorId"),
            fields.get("channel"),
            value=fields.get("value") if fields.get("rows") else None,
        )
        if fields.get("rows"):
            return self._rows(request, fields)
        return report(self.caller, request)

    def _now(self, manager_id: int | None, fields: Fields) -> dict[str, Any]:
        wrong = [name for name in NOT_OF_NOW if name in fields]
        if wrong:
            sentence = _("The live figures can only be filtered by manager.")
            raise InvalidError({name: [sentence] for name in wrong})
        figures = live.now(self.caller, manager_id)
        return figures | {"longest": self._shown(figures["longest"])}

    def _rows(self, request: ReportRequest, fields: Fields) -> dict[str, Any]:
        rows, following, managers = report_rows(
            self.caller,
            request,
            fields.get("limit", ROWS),
            fields.get("after"),
            fields.get("part", "n"),
        )
        shapes = self._shown(row_shapes(rows, managers))
        answer = replica.with_source({"rows": shapes})
        return answer if following is None else answer | {"next": following}

    def _shown(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Returns the rows, for auditors without the numbers of customers."""
        if self.caller.role != "auditor":
            return rows
        return [row | {"contactId": None} for row in rows]
