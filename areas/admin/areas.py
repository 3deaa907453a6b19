"""Admin pages of areas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.encoding import force_str
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from areas.admin.retiring import chosen_successor, deleting_impact, retiring_impact
from areas.models import Area, Policy
from areas.naming import normalize_area_text
from areas.rules.menus import is_in_menu
from areas.rules.schedule_versions import refresh_rules
from chats.admin.undo_link import offer_to_undo
from chats.conversations.audit import actor_of
from chats.conversations.retiring import look, retire
from hci_center.errors import RefusedError
from managers.admin.autocompletes import AutocompletesById
from managers.admin.columns import column, tag
from managers.admin.filters import ChoiceFilter, TenantFilter, yes_or_no
from managers.admin.impact import Impact, agreed, show
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import ALL, TenantAdmin, caller_behind

# The theme's decorator excludes lazy sentences in its types; at run time they work.
_put_away: Callable[[Callable[..., Any]], Callable[..., Any]] = cast("Any", action)(
    description=gettext_lazy("Put away"), icon="archive", permissions=["change"]
)


class PutAwayFilter(ChoiceFilter):
    """Hides retired areas unless they are selected."""

    title = gettext_lazy("put away")
    parameter_name = "put_away"
    all_option = ["", gettext_lazy("No")]
    cuts = {"yes": (gettext_lazy("Yes"), Q(retired_at__isnull=False))}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return super().queryset(request, queryset)
        return queryset.filter(retired_at=None)


class AreaForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Area
        fields = ["manager", "code", "name", "needs_review"]
        help_texts = {
            "code": gettext_lazy("The id in the API. It can never be changed."),
        }

    def clean_code(self) -> str:
        return self._normalized("code")

    def clean_name(self) -> str:
        return self._normalized("name")

    def _normalized(self, field: str) -> str:
        """Returns the normalized text; an unchanged value is returned as stored."""
        typed: str = self.cleaned_data[field]
        if field not in self.changed_data:
            return typed
        text = normalize_area_text(typed)
        if not text:
            raise forms.ValidationError(_("This contains only blanks."))
        longest: int = self.fields[field].max_length  # type: ignore[attr-defined]
        if len(text) > longest:
            raise forms.ValidationError(
                _("This is longer than %d characters.") % longest
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Validates unique columns, even if the manager is not a form field."""
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        others = Area.objects.filter(manager=manager).exclude(pk=self.instance.pk or 0)
        for field, sentence in (
            ("code", _("Another area of this manager has this code.")),
            ("name", _("Another area of this manager has this name.")),
        ):
            if field in cleaned and others.filter(**{field: cleaned[field]}).exists():
                self.add_error(field, sentence)
        return cleaned


@admin.register(Area)
class AreaAdmin(AutocompletesById, TenantAdmin):  # type: ignore[misc]
    """Areas; the code, which is the id in the API, cannot be changed."""

    logged_by_name = True
    supervisors_may = ALL
    administrators_may = ALL
    form = AreaForm

    list_display = ["name", "code", "manager", "staffing", "review"]
    list_filter = [
        PutAwayFilter,
        ("manager", TenantFilter),
        yes_or_no("needs_review", gettext_lazy("needs review")),
    ]
    list_select_related = ["manager"]
    search_fields = ["name", "code"]
    ordering = ["manager__name", "name", "pk"]
    autocomplete_fields = ["manager"]
    actions = ["reviewed"]
    actions_detail = ["put_away"]
    instead_of_deleting = gettext_lazy(
        "An area with a history stays. Put it away: its successor gets what it has."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Area]:
        rows: QuerySet[Area] = super().get_queryset(request)
        serving = Count("operators", filter=Q(operators__is_active=True))
        return rows.annotate(serving=serving)

    def get_choices(self, request: HttpRequest) -> QuerySet[Area]:
        """Returns the areas that are in use."""
        return self.get_queryset(request).filter(retired_at=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["manager", "code", "name"]
        shown = ["served_by", "rules", "needs_review", "created_at"]
        if obj.retired_at is not None:
            shown = ["retired_at", "successor", "created_at"]
        return ["manager", "code", "name", *shown]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return (
            []
            if obj is None
            else [
                "manager",
                "code",
                "served_by",
                "rules",
                "retired_at",
                "successor",
                "created_at",
            ]
        )

    @column(gettext_lazy("Operators"), ordering="serving")
    def staffing(self, area: Any) -> str:
        return str(area.serving)

    @column(gettext_lazy("Review"), ordering="needs_review")
    def review(self, area: Area) -> str:
        if area.retired_at is not None:
            return tag("mute", _("put away"))
        if area.needs_review:
            return tag("warn", _("needs review"))
        return tag("mute", _("fine"))

    @column(gettext_lazy("Served by"))
    def served_by(self, area: Area) -> str:
        serving = area.operators.active().order_by("name")
        return ", ".join(serving.values_list("name", flat=True)) or "-"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbids changing a retired area."""
        is_away = isinstance(obj, Area) and obj.retired_at is not None
        return not is_away and super().has_change_permission(request, obj)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        area = self.get_object(request, object_id)
        if area is None or not self.has_change_permission(request, area):
            return []
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered

    @_put_away
    def put_away(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows the effects of retiring the area, and retires it."""
        area = self.get_object(request, object_id) if is_row_id(object_id) else None
        if area is None or not self.has_change_permission(request, area):
            raise Http404
        return show_refusal(request, self._put_away, area)

    def _put_away(self, request: HttpRequest, area: Area) -> HttpResponse:
        page = HttpResponseRedirect(reverse("admin:areas_area_change", args=[area.pk]))
        try:
            with transaction.atomic():
                found = look(area.pk, chosen_successor(request.POST))
                impact = retiring_impact(found)
                if request.method != "POST":
                    return show(self, request, impact)
                form: Any = agreed(self, request, impact)
                done = retire(
                    found,
                    form.successor(),
                    serve_too=form.cleaned_data["serve_too"],
                    actor=actor_of(caller_behind(request)),
                )
                self.log_change(request, area, _("Put away."))
        except RefusedError as refusal:
            self.message_user(request, force_str(refusal.sentence), messages.ERROR)
            return page
        self.message_user(request, offer_to_undo(_("The area was put away."), [done]))
        return page

    def impact_of_deleting(self, request: HttpRequest, obj: Area) -> Impact:
        return deleting_impact(obj)

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Protects areas that the menu refers to."""
        areas = list(objs)
        rows, counts, lacking, protected = super().get_deleted_objects(areas, request)
        protected += [
            _("The menu leads to %s: publish one without it first.") % area
            for area in areas
            if is_in_menu(area)
        ]
        return rows, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Area) -> None:
        """Deletes it with its rules, which may have been the only active ones."""
        with transaction.atomic():
            super().delete_model(request, obj)
            refresh_rules(obj.manager_id, caller_behind(request).credential)

    @column(gettext_lazy("Rules"))
    def rules(self, area: Area) -> str:
        """Links to the area's own rules, or to the form that adds them."""
        own = Policy.objects.filter(area=area).values_list("pk", flat=True).first()
        if own is None:
            query = urlencode({"manager": area.manager_id, "area": area.pk})
            url = f"{reverse('admin:areas_policy_add')}?{query}"
            return format_html('<a href="{}">{}</a>', url, _("Set rules of its own"))
        url = reverse("admin:areas_policy_change", args=[own])
        return format_html('<a href="{}">{}</a>', url, _("Its own rules"))

    @admin.action(
        description=gettext_lazy("Mark the chosen areas as reviewed"),
        permissions=["change"],
    )
    def reviewed(self, request: HttpRequest, queryset: QuerySet[Area]) -> None:
        count = queryset.filter(needs_review=True).update(needs_review=False)
        message = ngettext("%d area was reviewed.", "%d areas were reviewed.", count)
        self.message_user(request, message % count, messages.SUCCESS)
