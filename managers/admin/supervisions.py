"""The managers of a user, on the page of supervisors and administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from managers.admin.autocompletes import AutocompletesById
from managers.admin.tenant import caller_behind
from managers.models import Manager, Supervision


class SupervisionFormSet(PaginationInlineFormSet):
    """Requires a manager for users that a supervisor adds or changes."""

    is_administrator = False

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if form.cleaned_data.get("manager") and not form.cleaned_data.get("DELETE")
        ]
        if not (kept or self.is_administrator):
            raise forms.ValidationError(
                _("Choose at least one manager that this person supervises.")
            )


class SupervisionInline(AutocompletesById, TabularInline):  # type: ignore[misc]
    """The managers of a user; a supervisor only sees and assigns his own."""

    model = Supervision
    formset = SupervisionFormSet
    extra = 0
    # Without `reads_only`: the form of the user sets it for all of his managers.
    fields = ["manager"]
    autocomplete_fields = ["manager"]
    verbose_name = gettext_lazy("supervised manager")
    verbose_name_plural = gettext_lazy("supervised managers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supervision]:
        rows: QuerySet[Supervision] = super().get_queryset(request)
        managers = caller_behind(request).managers
        return rows if managers is None else rows.filter(manager__in=managers)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> QuerySet[Manager]:
        """Returns the managers that may be assigned: others are refused."""
        choices: Any = self.admin_site.get_model_admin(Manager)
        rows: QuerySet[Manager] = choices.get_choices(request)
        return rows

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.is_administrator = caller_behind(request).role == "administrator"
        return formset

    def _page(self) -> admin.ModelAdmin[Any]:
        return self.admin_site.get_model_admin(User)

    # Users who may change the user may change them.
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._page().has_change_permission(request, obj)
