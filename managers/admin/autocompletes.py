"""Autocomplete fields that survive values that are no ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.http import HttpRequest

from managers.admin.lookups import is_row_id


class _ById:
    def optgroups(self, name: str, value: Iterable[Any], attrs: Any = None) -> Any:
        """Leaves out what is no id: Django would look it up, a server error."""
        ids = [each for each in value if is_row_id(str(each))]
        return super().optgroups(name, ids, attrs)  # type: ignore[misc]


class _One(_ById, AutocompleteSelect):
    pass


class _Several(_ById, AutocompleteSelectMultiple):
    pass


class AutocompletesById:
    """For pages with `autocomplete_fields`: shows a form with a wrong value again."""

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        page: Any = self
        if db_field.name in page.get_autocomplete_fields(request):
            kwargs.setdefault("widget", _One(db_field, page.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        page: Any = self
        if db_field.name in page.get_autocomplete_fields(request):
            kwargs.setdefault("widget", _Several(db_field, page.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
