"""A change list that stays fast with any number of rows."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList


class FastChangeList(ChangeList):
    """A change list whose cost depends only on the rows of the shown page.

    The ids of the page are queried first and its rows by their ids, so that skipped
    rows are only read from an index and not joined. The count without filters is not
    queried again.
    """

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
        ids = list(self.result_list.values_list("pk", flat=True))
        rows_by_id = self.apply_select_related(self.root_queryset).in_bulk(ids)
        self.result_list = [rows_by_id[pk] for pk in ids if pk in rows_by_id]
        self.model_admin.present(request, self.result_list)

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Returns the newest first; orders after filtering if few rows are expected.

        With the primary key as ordering, PostgreSQL would scan the whole table
        backwards to find them.
        """
        ordering: list[Any] = super().get_ordering(request, queryset)
        few = self.query or any(map(self.params.get, self.model_admin.narrow))
        return [(F("pk") + 0).desc()] if few and set(ordering) == {"-pk"} else ordering

    # The theme builds the column headers again for every row; caching them saves a
    # fifth of the time.

    @cached_property
    def _ordering_columns(self) -> Any:
        return super().get_ordering_field_columns()

    def get_ordering_field_columns(self) -> Any:
        return self._ordering_columns

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        key = repr((new_params, remove))
        if key not in self._query_strings:
            self._query_strings[key] = super().get_query_string(new_params, remove)
        return self._query_strings[key]

    @cached_property
    def _query_strings(self) -> dict[str, str]:
        return {}
