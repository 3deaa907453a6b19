"""Deletion in the back-office: shows the effects first; rows with a history stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models.deletion import PROTECT
from django.http import HttpRequest
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from managers.admin.audited import AuditedAdmin
from managers.admin.impact import Impact, agreed, show
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal


class DeletingAdmin(AuditedAdmin):
    """An admin page whose rows are deleted one by one, after confirmation."""

    # The message with the alternative for a row that has a history.
    instead_of_deleting: ClassVar[Any] = ""

    delete_confirmation_template = "admin/delete_or_not.html"

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        return show_refusal(request, self._ask_to_delete, object_id, extra_context)

    def impact_of_deleting(self, request: HttpRequest, obj: Any) -> Impact | None:
        """Returns what deleting the row does, under its locks; None: Django's page."""
        return None

    def _ask_to_delete(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None,
    ) -> Any:
        page = super().delete_view
        obj = self.get_object(request, object_id) if is_row_id(object_id) else None
        if obj is None or not self.has_delete_permission(request, obj):
            return page(request, object_id, extra_context)
        with transaction.atomic():
            impact = None
            if not self.get_deleted_objects([obj], request)[3]:
                impact = self.impact_of_deleting(request, obj)
            if impact is not None:
                if request.method != "POST":
                    return show(self, request, impact, besides=[("post", "yes")])
                agreed(self, request, impact)
            return page(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Omits Django's bulk deletion: rows are deleted one by one."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Names the kind of protected rows, without listing up to 100,000 rows."""
        rows = list(objs)
        name = force_str(self.opts.verbose_name_plural)
        protected = [
            _("“%(row)s” has %(what)s.") % {"row": row, "what": what}
            for row in rows
            if (what := history_of(row))
        ]
        if protected and self.instead_of_deleting:
            protected.append(force_str(self.instead_of_deleting))
        return [str(row) for row in rows], {name: len(rows)}, set(), protected


def history_of(row: models.Model) -> str:
    """Returns the plural name of rows that prevent a deletion, or ""."""
    for relation in row._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is not PROTECT:
            continue
        if not isinstance(relation, models.ForeignObjectRel):
            continue
        model = relation.related_model
        if model._base_manager.filter(**{relation.field.name: row}).exists():
            return force_str(model._meta.verbose_name_plural)
    return ""
