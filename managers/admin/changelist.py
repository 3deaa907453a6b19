"""Lists that stay quick however many rows there are."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList


class FastChangeList(ChangeList):
    """A list of any length, of which a page costs what stands on that page.

    The page's ids are found first and its rows are read by them: what is left out
    before it is skipped in an index and joined to nothing. It is counted as it is
    shown, and not a second time without filters.
    """

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
        ids = list(self.result_list.values_list("pk", flat=True))
        found = self.apply_select_related(self.root_queryset).in_bulk(ids)
        self.result_list = [found[pk] for pk in ids if pk in found]
        self.model_admin.annotate_page(self.result_list)

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        """Newest first; where few rows are meant, of those that the filters leave.

        By its primary key the database would walk the whole table back to find them.
        """
        ordering: list[Any] = super().get_ordering(request, queryset)
        few = self.query or any(map(self.params.get, self.model_admin.narrow))
        return [(F("pk") + 0).desc()] if few and set(ordering) == {"-pk"} else ordering

    # The look makes the heads of the columns again for every row: remembered, that
    # costs a fifth.

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
