"""Filters of the change lists, offering only rows that the person may view."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db import models
from django.forms import DateField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import (
    DropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.contrib.filters.forms import DropdownForm

from managers.admin.lookups import is_row_id
from managers.admin.many_options import ManyOptions
from managers.admin.tenant import sees_one_manager


class ManyOptionsForm(DropdownForm):
    widget = ManyOptions(
        attrs={
            "data-theme": "admin-autocomplete",
            "class": "unfold-admin-autocomplete admin-autocomplete",
        }
    )


class TenantFilter(RelatedDropdownFilter):
    """Filters by a row of a relation, labelled with its manager if there are several.

    The choices are the queryset of the related model's admin page, in one query; of one
    manager alone if the list is filtered by it.
    """

    form_class = ManyOptionsForm

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, Any]]:
        model: type[models.Model] = field.remote_field.model
        rows = model_admin.admin_site.get_model_admin(model).get_queryset(request)
        names = [f.name for f in model._meta.get_fields()]
        if "manager" not in names:
            return _names(rows)
        chosen = request.GET.get("manager__id__exact", "")
        if is_row_id(chosen):
            return _names(rows.filter(manager=int(chosen)))
        if sees_one_manager(request):
            return _names(rows)
        listed = rows.order_by("manager__name", "name")
        return [
            (pk, f"{name} · {manager}")
            for pk, name, manager in listed.values_list("pk", "name", "manager__name")
        ]


def _names(rows: models.QuerySet[Any]) -> list[tuple[Any, Any]]:
    return list(rows.order_by("name").values_list("pk", "name"))


class ChoiceFilter(DropdownFilter):
    """Filters by a named condition of `cuts`, as value: (title, condition)."""

    cuts: dict[str, tuple[Any, Any]] = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, title) for value, (title, _rows) in self.cuts.items()]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        cut = self.cuts.get(self.value() or "")
        return queryset.filter(cut[1]) if cut else queryset


class DayRangeFilter(RangeDateFilter):
    """Filters a timestamp by whole days of the person's time zone, both included."""

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        since, until = self._day("from"), self._day("to")
        if since is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": since})
        if until is not None:
            after = until + timedelta(days=1)
            queryset = queryset.filter(**{f"{self.field_path}__lt": after})
        return queryset

    def _day(self, end: str) -> datetime | None:
        """Returns the start of the day; `managers.admin.lookups` refuses others."""
        value = self.used_parameters.get(f"{self.field_path}_{end}")
        day = DateField(required=False).clean(value)
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class YesNoFilter(DropdownFilter):
    """Filters by a boolean `field`, with Django's parameter name for it."""

    field = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Yes")), ("0", _("No"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> models.QuerySet[Any]:
        if self.value() not in ("0", "1"):
            return queryset
        return queryset.filter(**{self.field: self.value() == "1"})


def yes_or_no(field: str, title: Any) -> type[YesNoFilter]:
    """Returns the filter of a boolean column."""
    attributes = {"field": field, "title": title, "parameter_name": f"{field}__exact"}
    return type(f"{field}_filter", (YesNoFilter,), attributes)
