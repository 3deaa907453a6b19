"""Admin page of planned changes of rules; deleting one discards it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.admin.moments import zone_of
from areas.admin.policy_fields import DAY_NAMES, Choice, WeekField
from areas.admin.policy_form import KEYS, PolicyForm
from areas.models import PlannedPolicy
from areas.rules.hours import ALWAYS, DAYS
from hci_center.audit.shown import names_of
from managers.admin.columns import column
from managers.admin.filters import TenantFilter
from managers.admin.impact import Fact, Impact
from managers.admin.tenant import TenantAdmin

_MAY = frozenset({"view", "delete"})
_SHOWN = ("scope", "manager", "begins", "changes", "planned_by", "problem")
_COLUMNS = {key: name for name, key in KEYS.items()}


@admin.register(PlannedPolicy)
class PlannedPolicyAdmin(TenantAdmin):
    """Planned changes of rules of managers and areas, and those that failed."""

    logged_by_name = True
    supervisors_may = _MAY
    administrators_may = _MAY

    list_display = _SHOWN
    list_filter = [("manager", TenantFilter)]
    list_select_related = ["manager", "area"]
    search_fields = ["manager__name", "area__name"]
    ordering = ["begins_at", "pk"]
    fields = _SHOWN
    readonly_fields = _SHOWN

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlannedPolicy]:
        rows: QuerySet[PlannedPolicy] = super().get_queryset(request)
        return rows.select_related("manager", "area")

    def annotate_page(self, rows: list[Any]) -> None:
        names = names_of([row.made_by for row in rows])
        for row in rows:
            row.planned_by_name = names.get(row.made_by, row.made_by)

    @column(gettext_lazy("Rules of"), ordering="area__name")
    def scope(self, plan: PlannedPolicy) -> str:
        return str(plan)

    @column(gettext_lazy("Counts from"), ordering="begins_at")
    def begins(self, plan: PlannedPolicy) -> str:
        return _moment(plan)

    @column(gettext_lazy("What changes"))
    def changes(self, plan: PlannedPolicy) -> SafeString:
        return format_html_join("; ", "{}: {}", shown_settings(plan.given))

    @column(gettext_lazy("Planned by"))
    def planned_by(self, plan: Any) -> str:
        return str(plan.planned_by_name)

    def impact_of_deleting(self, request: HttpRequest, obj: PlannedPolicy) -> Impact:
        """Describes the change that will not happen."""
        settings = shown_settings(obj.given)
        return Impact(
            title=_("Discard the planned change of “%s”") % obj,
            facts=[
                Fact(
                    "settings",
                    _("Settings that stay as they are"),
                    len(settings),
                    [str(obj.given)],
                    note="; ".join(f"{label}: {value}" for label, value in settings),
                )
            ],
            sentences=[_("It was to count from %s on.") % _moment(obj)],
            button=_("Discard the change"),
            danger=True,
        )


def _moment(plan: PlannedPolicy) -> str:
    local = timezone.localtime(plan.begins_at, zone_of(plan.manager_id))
    return date_format(local, "SHORT_DATETIME_FORMAT")


def shown_settings(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the label and the value of each setting, as in the form of rules."""
    fields = PolicyForm.base_fields
    return [
        (str(fields[_COLUMNS[key]].label), _shown(fields[_COLUMNS[key]], value))
        for key, value in given.items()
        if key in _COLUMNS
    ]


def _shown(field: Any, value: Any) -> str:
    if value is None:
        return _("Inherited")
    if isinstance(field, WeekField):
        return _week(value)
    if isinstance(field, Choice):
        # Areas are identified by their codes.
        return str(dict(field.offered).get(field.shown(value), value) or _("None"))
    return str(field.shown(value))


def _week(hours: Any) -> str:
    if hours == ALWAYS:
        return _("Always open")
    days = [
        f"{name} {', '.join(hours[day])}"
        for name, day in zip(DAY_NAMES, DAYS, strict=True)
        if hours.get(day)
    ]
    return ", ".join(days) or _("Always closed")
