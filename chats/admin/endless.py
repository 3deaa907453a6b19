"""Admin lists of tables that are too large to be scanned or counted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from unfold.paginator import InfinitePaginator

from managers.admin.changelist import FastChangeList
from managers.admin.tenant import TenantAdmin, caller_behind

# A list covers this many of the newest rows of the whole installation, along the
# primary key, whatever filters are set; older ones are found by search or by their
# chat.
LOOKED_BACK = 100_000

# A manager's newest message is in one of the chats of its latest active contacts.
NEWEST_MESSAGE_OF = """
SELECT max(newest.id)
  FROM unnest(%s::bigint[]) AS wanted (manager_id),
       LATERAL (SELECT c.id FROM contacts_contact c
                 WHERE c.manager_id = wanted.manager_id AND c.deleted_at IS NULL
                 ORDER BY c.last_message_at DESC NULLS LAST, c.id DESC
                 LIMIT 5) AS latest
  JOIN chats_chat h ON h.contact_id = latest.id,
       LATERAL (SELECT max(m.id) AS id FROM chats_message m
                 WHERE m.chat_id = h.id) AS newest
"""
NEWEST_EVENT_OF = """
SELECT max(newest.id)
  FROM unnest(%s::bigint[]) AS wanted (manager_id),
       LATERAL (SELECT e.id FROM chats_chatevent e
                 WHERE e.manager_id = wanted.manager_id
                 ORDER BY e.at DESC LIMIT 1) AS newest
"""


class LatestFirst(FastChangeList):
    """A change list of a limited number of the newest rows.

    It starts at the newest row of the selected managers.
    """

    model_admin: EndlessAdmin

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        if self.query or any(name.startswith("chat__") for name in self.params):
            return rows
        newest = self._newest(request)
        return rows.filter(pk__lte=newest, pk__gt=newest - LOOKED_BACK)

    def _newest(self, request: HttpRequest) -> int:
        managers = caller_behind(request).managers
        chosen = request.GET.get("manager__id__exact", "")
        if chosen.isdecimal() and (managers is None or int(chosen) in managers):
            managers = frozenset({int(chosen)})
        newest: int | None
        if managers is None:
            newest = self.root_queryset.model.objects.aggregate(newest=Max("pk"))[
                "newest"
            ]
        else:
            with connection.cursor() as cursor:
                cursor.execute(self.model_admin.newest_of, [list(managers)])
                (newest,) = cursor.fetchone()
        return newest or 0


class EndlessAdmin(TenantAdmin):
    """Admin of a table with millions of rows: newest first, uncounted pages.

    `newest_of` is the statement that finds the newest row of some managers.
    """

    newest_of: ClassVar[str]

    paginator = InfinitePaginator
    ordering = ["-pk"]
    sortable_by = ()
    list_disable_select_all = True
    list_max_show_all = 0

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return LatestFirst
