"""Django's log of admin changes, without the names and texts of customers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from managers.admin.lookups import is_row_id

# The description of an entry without a message.
_DONE = {
    ADDITION: gettext_lazy("Added."),
    CHANGE: gettext_lazy("Changed."),
    DELETION: gettext_lazy("Deleted."),
}
# Entries shown on the index page.
MOST_RECENT = 10


class ChangeLogAdmin(ModelAdmin):
    """Logs a row by its id; also by its name if `logged_by_name`.

    The log is never purged: a customer's name in it would remain after the customer was
    deleted or the name was corrected. Names given by the business may be logged.
    """

    logged_by_name: ClassVar[bool] = False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._log(request, [obj], ADDITION, message)[0]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._log(request, [obj], CHANGE, message)[0]

    def log_deletions(
        self, request: HttpRequest, queryset: Iterable[Any]
    ) -> list[LogEntry]:
        return self._log(request, queryset, DELETION, "")

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Returns the changed fields; of inline rows only their kind."""
        changes: Any = super().construct_change_message(request, form, formsets, add)
        if not self.logged_by_name:
            for change in changes:
                for details in change.values():
                    if "object" in details:
                        details["object"] = "-"
        return changes

    def _log(
        self, request: HttpRequest, rows: Iterable[Model], flag: int, message: Any
    ) -> list[LogEntry]:
        if isinstance(message, list):
            message = json.dumps(message)
        person = cast("int", request.user.pk)
        entries = [
            LogEntry(
                user_id=person,
                content_type=ContentType.objects.get_for_model(
                    row, for_concrete_model=False
                ),
                object_id=str(row.pk),
                object_repr=(str(row) if self.logged_by_name else f"#{row.pk}")[:200],
                action_flag=flag,
                change_message=message,
            )
            for row in rows
        ]
        created: list[LogEntry] = LogEntry.objects.bulk_create(entries)
        return created


def recent_entries(request: HttpRequest, site: Any) -> list[Any]:
    """Returns the person's latest entries, each with the row's present name as `shown`.

    `did` describes the action.

    Rows that are deleted or that the person may not view are shown as they were logged.
    Runs one query per kind of row.
    """
    own = LogEntry.objects.filter(user_id=cast("int", request.user.pk))
    entries = list(own.select_related("content_type")[:MOST_RECENT])
    names: dict[tuple[int | None, str | None], str] = {}
    for kind in {entry.content_type for entry in entries if entry.content_type}:
        page = site._registry.get(kind.model_class())
        if page is None:
            continue
        ids = [
            entry.object_id
            for entry in entries
            if entry.content_type == kind and is_row_id(entry.object_id or "")
        ]
        for row in page.get_queryset(request).filter(pk__in=ids):
            names[kind.pk, str(row.pk)] = str(row)
    for entry in entries:
        key = (entry.content_type_id, entry.object_id)
        entry.shown = names.get(key, entry.object_repr)  # type: ignore[attr-defined]
        entry.did = entry.get_change_message() or _DONE[entry.action_flag]  # type: ignore[attr-defined]
    return entries
