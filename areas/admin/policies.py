"""Admin pages of the rules of a manager and its areas."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.admin.assignment_trial import trial_data
from areas.admin.hours_impact import ask_about_hours, newest_hours
from areas.admin.moments import zone_of
from areas.admin.policy_form import PolicyForm
from areas.models import Policy
from areas.rules.planned_policies import plan_policy
from areas.rules.policy_saving import save_policy
from managers.admin.columns import column
from managers.admin.filters import TenantFilter
from managers.admin.tenant import ALL, TenantAdmin, caller_behind

_HOURS = ["hours", "holidays", "away_text", "away_area_id"]
_ENTRY = ["entry_area_id"]
_SECTIONS: list[tuple[Any, list[str]]] = [
    (gettext_lazy("Hours"), _HOURS),
    (gettext_lazy("New customers"), _ENTRY),
    (
        gettext_lazy("Assignment"),
        ["assign", "cap", "last_operator", "release_offline"],
    ),
    (
        gettext_lazy("Targets"),
        ["sla_queue", "sla_first", "sla_reply", "sla_resolution"],
    ),
    (
        gettext_lazy("Closing and transfers"),
        ["closing_text", "closing_reason_required", "transfer_reason_required"],
    ),
    (
        gettext_lazy("Idle customers"),
        ["idle_warn", "idle_warn_text", "idle_close", "idle_text"],
    ),
    (gettext_lazy("Reopening"), ["reopen"]),
    (
        gettext_lazy("Survey"),
        ["survey", "survey_text", "survey_days", "comment_up_to"],
    ),
]


class _LaterError(Exception):
    """Rolls back what was saved: it applies from `begins_at` on."""

    def __init__(self, begins_at: datetime) -> None:
        super().__init__()
        self.begins_at = begins_at


@admin.register(Policy)
class PolicyAdmin(TenantAdmin):
    """The rules of a manager, and of areas that override them."""

    logged_by_name = True
    supervisors_may = ALL
    administrators_may = ALL
    form = PolicyForm
    change_form_after_template: Any = "admin/areas/assignment_trial.html"

    list_display = ["scope", "manager", "kind", "opening"]
    list_filter = [("manager", TenantFilter)]
    list_select_related = ["manager", "area"]
    search_fields = ["manager__name", "area__name"]
    ordering = ["manager__name", "area__name", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Policy]:
        rows: QuerySet[Policy] = super().get_queryset(request)
        return rows.select_related("manager", "area")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        explained = gettext_lazy(
            "An empty field inherits what is shown in grey: an area from its manager, a "
            "manager the usual. A 0 is never or no limit, and a lone - says nothing."
        )
        sections = [
            (title, {"fields": fields})
            for title, fields in _SECTIONS
            if fields is not _ENTRY or obj is None or obj.area_id is None
        ]
        return [
            (
                None,
                {
                    "fields": ["manager", "area", "begins_at"],
                    "description": explained,
                },
            ),
            *sections,
        ]

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        context["assignment_trial"] = trial_data(obj) if obj is not None else None
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["manager", "area"]

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        with transaction.atomic():
            begins_at = form.cleaned_data["begins_at"] or self._save_now(
                request, obj, form.given
            )
            if begins_at is not None:
                plan_policy(
                    obj.manager_id,
                    obj.area_id,
                    form.given,
                    begins_at=begins_at,
                    made_by=caller_behind(request).credential,
                )
        obj.begins_at = begins_at

    def _save_now(
        self, request: HttpRequest, obj: Any, given: dict[str, Any]
    ) -> datetime | None:
        """Saves, unless the user plans it for later; returns that time or None."""
        made_by = caller_behind(request).credential
        try:
            with transaction.atomic():
                before = newest_hours(obj.manager_id)
                save_policy(obj.manager_id, obj.area_id, given, made_by=made_by)
                later = ask_about_hours(
                    self, request, obj.manager_id, before, may_begin_later=True
                )
                if later is not None:
                    raise _LaterError(later)
        except _LaterError as error:
            return error.begins_at
        saved = Policy.objects.filter(manager=obj.manager, area=obj.area).first()
        if saved is not None:
            obj.pk = saved.pk
        return None

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Logs changes that are in effect; planned ones are in the audit."""
        if getattr(obj, "begins_at", None) is None:
            return super().log_addition(request, obj, message)
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if getattr(obj, "begins_at", None) is None:
            return super().log_change(request, obj, message)
        return None

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response: HttpResponse = (
            super().response_add(request, obj, post_url_continue)
            if getattr(obj, "begins_at", None) is None
            else self._planned(request, obj)
        )
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response: HttpResponse = (
            super().response_change(request, obj)
            if getattr(obj, "begins_at", None) is None
            else self._planned(request, obj)
        )
        return response

    def _planned(self, request: HttpRequest, obj: Any) -> HttpResponse:
        local = timezone.localtime(obj.begins_at, zone_of(obj.manager_id))
        moment = date_format(local, "SHORT_DATETIME_FORMAT")
        message = _("The change counts from %s on. Until then the present rules hold.")
        self.message_user(request, message % moment, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:areas_plannedpolicy_changelist"))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        made_by = caller_behind(request).credential
        save_policy(obj.manager_id, obj.area_id, None, made_by=made_by)

    @column(gettext_lazy("Rules of"), ordering="area__name")
    def scope(self, policy: Policy) -> str:
        return str(policy)

    @column(gettext_lazy("Kind"))
    def kind(self, policy: Policy) -> str:
        return _("Area") if policy.area_id else _("Manager")

    @column(gettext_lazy("Opening hours"))
    def opening(self, policy: Policy) -> str:
        if policy.hours is None:
            return _("Inherited")
        if policy.hours == "always":
            return _("Always open")
        return _("By weekday") if policy.hours else _("Always closed")
