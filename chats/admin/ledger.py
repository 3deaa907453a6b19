"""The ledger of chats in the back-office: who did what, and when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from chats.admin.endless import NEWEST_EVENT_OF, EndlessAdmin
from chats.admin.search import latest_chats
from chats.inbox.names import names_of_credentials
from chats.models import ChatEvent
from managers.admin.columns import column, moment_column
from managers.admin.filters import TenantFilter
from managers.admin.tenant import caller_behind

RULES = {
    "away": gettext_lazy("Opening hours"),
    "menu": gettext_lazy("Menu"),
    "idle": gettext_lazy("Idle chats"),
    "closing": gettext_lazy("Closing"),
    "survey": gettext_lazy("Survey"),
    "schedule": gettext_lazy("Scheduled messages"),
    "entry": gettext_lazy("Entry area"),
    "offline": gettext_lazy("Operators who are offline"),
    "fewest": gettext_lazy("Assignment: fewest open chats"),
    "rotation": gettext_lazy("Assignment: in turn"),
    "last": gettext_lazy("Assignment: last operator"),
}


@admin.register(ChatEvent)
class ChatEventAdmin(EndlessAdmin):
    newest_of = NEWEST_EVENT_OF

    list_display = [
        "moment",
        "of_chat",
        "of_manager",
        "kind",
        "area",
        "operator",
        "who",
    ]
    list_filter = [
        ("kind", ChoicesDropdownFilter),
        ("manager", TenantFilter),
        ("area", TenantFilter),
        ("operator", TenantFilter),
    ]
    list_select_related = ["manager", "chat", "area", "operator", "acting_operator"]
    search_fields = ["chat__protocol"]
    search_help_text = gettext_lazy("Protocol, or the contact's name or number")
    fields = [("at", "kind"), ("chat", "of_manager"), ("area", "operator"), "who"]

    def annotate_page(self, rows: list[Any]) -> None:
        """Loads the names of actors, in three queries."""
        names = names_of_credentials({row.actor for row in rows})
        for row in rows:
            row.bearer = names.get(row.actor) or _name_of_rule(row.actor)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        chats = latest_chats(search_term, caller_behind(request))
        return queryset.filter(chat__in=chats), False

    moment = moment_column("at", gettext_lazy("When"))

    @column(gettext_lazy("Protocol"))
    def of_chat(self, event: ChatEvent) -> str:
        """The protocol, as a link to the full record of the chat."""
        url = reverse("admin:chats_chat_history", args=[event.chat_id])
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', url, event.chat.protocol
        )

    @column(gettext_lazy("By"))
    def who(self, event: Any) -> str:
        """The operator, or the person or key that acted, or both."""
        acting = event.acting_operator
        if acting is None:
            return event.bearer or "-"
        if event.bearer in ("", acting.name):
            return str(acting.name)
        return f"{acting.name} ({event.bearer})"


def _name_of_rule(actor: str) -> str:
    """Returns the label of a rule; other actors unchanged."""
    rule = actor.removeprefix("rule:")
    return str(RULES[rule]) if rule != actor and rule in RULES else actor
