"""Admin pages whose reads and actions are audited, and that show the audit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse

from hci_center.audit.recording import record
from hci_center.audit.shown import lines_of_object
from managers.admin.change_log import ChangeLogAdmin
from managers.admin.lookups import is_row_id


class AuditedAdmin(ChangeLogAdmin):
    """Records opened rows and bulk actions; shows the audit in the history."""

    # Whether opening one row is audited: it shows what customers wrote.
    opening_is_audited: ClassVar[bool] = False
    # The lookup from a row to its manager, "" if it has none.
    manager_lookup: ClassVar[str] = "manager"

    object_history_template = "admin/audited_history.html"

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds the audit lines of the row."""
        pk = unquote(object_id)
        lines = lines_of_object(str(self.opts.model_name), pk) if is_row_id(pk) else []
        # Django's page refuses users who may not view the row.
        context = {"lines": lines, **(extra_context or {})}
        response: HttpResponse = super().history_view(request, object_id, context)
        return response

    def record_opening(self, request: HttpRequest, object_id: str) -> None:
        """Records that the row is read, before any of it is sent."""
        row = self.get_object(request, unquote(object_id))
        if row is not None:
            record(
                "open",
                str(self.opts.model_name),
                row.pk,
                manager_id=getattr(row, "manager_id", None),
            )

    def record_action(self, request: HttpRequest, ids: list[int]) -> None:
        """Records an action of the list on the rows with these ids."""
        managers: set[int] = set()
        if self.manager_lookup:
            rows = self.get_queryset(request).filter(pk__in=ids).order_by()
            managers = set(rows.values_list(self.manager_lookup, flat=True)[:1000])
        record(
            "action",
            str(self.opts.model_name),
            manager_id=managers.pop() if len(managers) == 1 else None,
            after={"action": request.POST.get("action", ""), "ids": ids},
        )
