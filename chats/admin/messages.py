"""Single messages in the back-office: to be found and read, never written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.db.models.functions import Left
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.paginator import InfinitePaginator

from chats.admin.search import messages_named
from chats.models import Chat, Message, Status
from managers.admin.columns import column, moment_column, word_of
from managers.admin.confinement import ConfinedAdmin, CountedOnce
from managers.admin.filters import ConfinedFilter

# The list looks back over so many messages of the whole installation, along the
# primary key, whatever filters are set; older ones are found by search or chat.
LOOKED_BACK = 100_000
# Characters of a message that the list shows.
EXCERPT = 80


class LatestFirst(CountedOnce):
    """A list that never reads the whole table."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        if self.query or any(name.startswith("chat__") for name in self.params):
            return rows
        newest = self.model._default_manager.aggregate(newest=Max("pk"))["newest"]
        return rows.filter(pk__gt=(newest or 0) - LOOKED_BACK)


class EndlessAdmin(ConfinedAdmin):
    """A list of millions: newest first, unnumbered pages, nothing counted."""

    paginator = InfinitePaginator
    ordering = ["-pk"]
    sortable_by = ()
    list_disable_select_all = True
    list_max_show_all = 0

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return LatestFirst


@admin.register(Message)
class MessageAdmin(EndlessAdmin):
    list_display = [
        "arrived",
        "contact",
        "manager",
        "direction",
        "type",
        "excerpt",
        "state",
        "error",
    ]
    list_filter = ["status", "direction", ("manager", ConfinedFilter)]
    list_select_related = ["manager", "contact"]
    list_before_template: Any = "admin/chats/message/before_list.html"
    search_fields = ["uuid"]
    search_help_text = gettext_lazy("Protocol, number, name, or the message's id")
    fields = [
        ("chat", "contact"),
        ("manager", "created_at"),
        ("direction", "sender"),
        ("type", "state_now"),
        "content",
        "url",
        "error",
        ("uuid", "gateway_id"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        return rows.annotate(beginning=Left("content", EXCERPT))

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        chats = self.admin_site.get_model_admin(Chat).get_queryset(request)
        return queryset.filter(messages_named(search_term, chats)), False

    arrived = moment_column("created_at", gettext_lazy("When"))

    @column(gettext_lazy("Content"))
    def excerpt(self, message: Any) -> str:
        beginning: str = message.beginning
        return beginning if len(beginning) < EXCERPT else f"{beginning}…"

    @column(
        gettext_lazy("Status"),
        label={
            Status.WAIT: "warning",
            Status.SENT: "info",
            Status.DELIVERED: "info",
            Status.READ: "success",
            Status.FAILED: "danger",
        },
    )
    def state(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()

    state_now = word_of("state", gettext_lazy("Status"))
