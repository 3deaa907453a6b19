"""Admin pages of holidays, which can add national ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from areas.admin.hours_impact import (
    HOURS_COUNT,
    ask_about_hours,
    facts_of_hours,
    newest_hours,
)
from areas.models import Holiday
from areas.rules.holidays import (
    STATES,
    NationalHoliday,
    add_holidays,
    national_holidays,
)
from areas.rules.hours import Problems, parse_date_hours
from areas.rules.schedule_versions import refresh_rules
from managers.admin.columns import column
from managers.admin.filters import TenantFilter
from managers.admin.impact import Impact
from managers.admin.tenant import ALL, TenantAdmin, caller_behind
from managers.models import Manager


class HolidayForm(forms.ModelForm):  # type: ignore[type-arg]
    hours = forms.CharField(
        label=gettext_lazy("Hours"),
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy(
            "The spans open on that date, like 08:00-12:00; empty is closed all day."
        ),
    )

    class Meta:
        model = Holiday
        fields = ["manager", "area", "date", "name", "is_yearly", "hours"]
        help_texts = {
            "area": gettext_lazy(
                "Empty: all areas. An area's own holiday beats the manager's."
            ),
            "date": gettext_lazy("Its hours replace those of the weekday."),
            "is_yearly": gettext_lazy("On this day and month of every year."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["hours"] = ", ".join(self.instance.hours or [])

    def clean_hours(self) -> list[str] | None:
        typed = re.split(r"[,;\n]+", self.cleaned_data["hours"])
        problems: Problems = {}
        spans = [each.strip() for each in typed if each.strip()]
        read = parse_date_hours(spans, "", problems)
        for sentences in problems.values():
            raise forms.ValidationError([str(each) for each in sentences])
        return read

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        area = cleaned.get("area")
        if area is not None and area.manager != manager:
            self.add_error("area", _("Choose an area of this manager."))
        rows = Holiday.objects.filter(manager=manager, area=area)
        rows = rows.exclude(pk=self.instance.pk or 0)
        if "date" in cleaned and rows.filter(date=cleaned["date"]).exists():
            self.add_error("date", _("This date is in the list already."))
        return cleaned


class NationalForm(forms.Form):
    """Offers the published holidays of a year that a manager does not have yet."""

    manager = forms.ModelChoiceField(
        Manager.objects.none(),
        label=gettext_lazy("Manager"),
        widget=UnfoldAdminSelectWidget(),
    )
    year = forms.TypedChoiceField(
        label=gettext_lazy("Year"), coerce=int, widget=UnfoldAdminSelectWidget()
    )
    uf = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("None")), *((uf, uf) for uf in STATES)],
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("Adds the holidays of this state."),
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Dates"),
        required=False,
        coerce=date.fromisoformat,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy(
            "Each becomes a closed date of the list, which can be changed there. "
            "Optional days off, like Carnaval, are not ticked."
        ),
    )

    def __init__(self, managers: Any, chosen: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        this_year = timezone.localdate().year
        fields: dict[str, Any] = self.fields
        fields["manager"].queryset = managers
        fields["year"].choices = [(y, y) for y in range(this_year, this_year + 3)]
        first = managers.first()
        self.chosen_year = _choice(chosen.get("year"), range(this_year, this_year + 3))
        manager = chosen.get("manager") or (first.pk if first else "")
        known = [m for m in managers if str(m.pk) == str(manager)] or [first]
        uf = chosen.get("uf", known[0].uf if known[0] else "")
        self.found = national_holidays(self.chosen_year, uf if uf in STATES else "")
        fields["days"].choices = [(d.date.isoformat(), _label(d)) for d in self.found]
        self.initial = {
            "manager": known[0],
            "year": self.chosen_year,
            "uf": uf,
            "days": [d.date.isoformat() for d in self.found if not d.is_optional],
        }

    def hidden_choice(self) -> list[dict[str, Any]]:
        """Returns hidden fields: the manager and year of the dates shown."""
        manager = self.initial["manager"]
        return [
            {"name": "manager", "value": manager.pk if manager else ""},
            {"name": "year", "value": self.chosen_year},
            {"name": "uf", "value": self.initial["uf"]},
        ]


def _hours_after(holiday: Holiday) -> str:
    """Returns the sentence for the date of a holiday that is deleted."""
    day = date_format(holiday.date, "SHORT_DATE_FORMAT")
    if holiday.area is not None:
        return _(
            "On %(day)s the area %(area)s has the manager's hours again, or those of a "
            "holiday of the manager."
        ) % {"day": day, "area": holiday.area.name}
    return (
        _(
            "On %s, and on that date of every year, the hours of the weekday count again."
        )
        if holiday.is_yearly
        else _("On %s the hours of the weekday count again.")
    ) % day


def _choice(text: Any, years: range) -> int:
    found = [year for year in years if str(year) == str(text)]
    return found[0] if found else years[0]


def _label(day: NationalHoliday) -> str:
    label = f"{date_format(day.date, 'SHORT_DATE_FORMAT')} {day.name}"
    return label + (f" ({_('optional')})" if day.is_optional else "")


# The theme's decorator excludes lazy sentences in its types; at run time they work.
_offer: Callable[[Callable[..., Any]], Callable[..., Any]] = cast("Any", action)(
    description=gettext_lazy("Add national holidays"),
    icon="event",
    permissions=["add"],
)


@admin.register(Holiday)
class HolidayAdmin(TenantAdmin):
    """Dates with special hours."""

    logged_by_name = True
    supervisors_may = ALL
    administrators_may = ALL
    form = HolidayForm

    list_display = ["date", "name", "manager", "of_area", "is_yearly", "shown_hours"]
    list_filter = [("manager", TenantFilter), ("area", TenantFilter)]
    list_select_related = ["manager", "area"]
    search_fields = ["name"]
    ordering = ["-date", "pk"]
    actions_list: Any = ["offer_national"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["manager"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.national)
        own = path("national/", view, name="areas_holiday_national")
        return [own, *super().get_urls()]

    @column(gettext_lazy("Area"), ordering="area__name")
    def of_area(self, holiday: Holiday) -> str:
        return holiday.area.name if holiday.area else _("All")

    @column(gettext_lazy("Hours"))
    def shown_hours(self, holiday: Holiday) -> str:
        return ", ".join(holiday.hours or []) or _("closed")

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            before = newest_hours(obj.manager_id)
            self._refresh(request, obj.manager_id)
            ask_about_hours(self, request, obj.manager_id, before)

    def impact_of_deleting(self, request: HttpRequest, obj: Holiday) -> Impact:
        """Returns the hours that apply again on the date, and whom they affect now."""
        with transaction.atomic():
            Holiday.objects.filter(pk=obj.pk).delete()
            self._refresh(request, obj.manager_id)
            facts = facts_of_hours(obj.manager_id)
            transaction.set_rollback(True)
        return Impact(
            title=_("Delete the holiday “%s”") % obj.name,
            facts=facts,
            sentences=[_hours_after(obj), force_str(HOURS_COUNT)],
            button=_("Delete"),
            danger=True,
        )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            self._refresh(request, obj.manager_id)

    def _refresh(self, request: HttpRequest, manager_id: int) -> None:
        refresh_rules(manager_id, caller_behind(request).credential)

    @_offer
    def offer_national(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:areas_holiday_national"))

    def national(self, request: HttpRequest) -> HttpResponse:
        """Offers the holidays of a year; the public ones are preselected."""
        if not self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        managers = self.admin_site._registry[Manager].get_queryset(request)
        data = request.POST if "agreed" in request.POST else None
        chosen = request.POST if data is not None else request.GET
        form = NationalForm(managers.order_by("name"), chosen, data)
        if data is not None and form.is_valid():
            return self._add(request, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add national holidays"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/areas/national_holidays.html", context)

    def _add(self, request: HttpRequest, form: NationalForm) -> HttpResponse:
        manager = form.cleaned_data["manager"]
        ticked = set(form.cleaned_data["days"])
        days = [(day.date, day.name) for day in form.found if day.date in ticked]
        with transaction.atomic():
            added = add_holidays(manager.pk, days)
            self._refresh(request, manager.pk)
        message = ngettext("%d date was added.", "%d dates were added.", len(added))
        self.message_user(request, message % len(added), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:areas_holiday_changelist"))
