"""Single messages in the back-office, read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Left
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from chats.admin.conversation import ORIGINS, detail_lines
from chats.admin.endless import NEWEST_MESSAGE_OF, EndlessAdmin
from chats.admin.message_types import type_label
from chats.admin.search import messages_named
from chats.models import Message, Status
from managers.admin.columns import column, moment_column, tag
from managers.admin.filters import ChoiceFilter, TenantFilter
from managers.admin.tenant import caller_behind

_KINDS: dict[str, Any] = {
    Status.WAIT: "warn",
    Status.SENT: "info",
    Status.DELIVERED: "info",
    Status.READ: "good",
    Status.FAILED: "bad",
}
# Characters of a message that the list shows.
EXCERPT = 80


class OriginFilter(ChoiceFilter):
    """Filters messages that an ad, a post, a link or a product led to."""

    title = gettext_lazy("came from")
    parameter_name = "origin"
    cuts = {
        kind: (title, Q(details__has_key="origin", details__origin__kind=kind))
        for kind, title in ORIGINS.items()
    }


@admin.register(Message)
class MessageAdmin(EndlessAdmin):
    newest_of = NEWEST_MESSAGE_OF
    opening_is_audited = True

    list_display = [
        "arrived",
        "customer",
        "of_manager",
        "direction",
        "kind",
        "excerpt",
        "state",
        "error",
    ]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        OriginFilter,
        ("direction", ChoicesDropdownFilter),
        ("manager", TenantFilter),
    ]
    linked_lookups = ("chat__id__exact",)
    list_select_related = ["manager", "contact"]
    list_before_template: Any = "admin/chats/message/before_list.html"
    search_fields = ["uuid"]
    search_help_text = gettext_lazy(
        "Words, protocol, number, name, or the message's id"
    )
    fields = [
        ("chat", "customer"),
        ("of_manager", "created_at"),
        ("direction", "sender"),
        ("kind", "state"),
        "content",
        "beside",
        "url",
        "error",
        ("uuid", "gateway_id"),
    ]

    @column(gettext_lazy("Type"))
    def kind(self, message: Message) -> str:
        return type_label(message.type)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        shown = Coalesce(KeyTextTransform("caption", "details"), "content")
        return rows.annotate(beginning=Left(shown, EXCERPT))

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        caller = caller_behind(request)
        return queryset.filter(messages_named(search_term, caller)), False

    @column(gettext_lazy("Contact"))
    def customer(self, message: Message) -> str:
        return message.contact.name

    arrived = moment_column("created_at", gettext_lazy("When"))

    @column(gettext_lazy("Content"))
    def excerpt(self, message: Any) -> str:
        beginning: str = message.beginning
        return beginning if len(beginning) < EXCERPT else f"{beginning}…"

    @column(gettext_lazy("Details"))
    def beside(self, message: Message) -> str | None:
        """Caption, file, quote, origin, reactions, edits and deletion, one per line."""
        lines = format_html_join(mark_safe("<br>"), "{}: {}", detail_lines(message))
        return lines or None

    @column(gettext_lazy("Status"))
    def state(self, message: Message) -> str:
        return tag(_KINDS[message.status], message.get_status_display())
