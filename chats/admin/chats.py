"""Service sessions in the back-office."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chats.admin.conversation import MOST_SHOWN, bubbles_of, events_of
from chats.admin.search import chats_named
from chats.conversation import close_chat
from chats.ledger import actor_of
from chats.models import Chat, ChatEvent
from managers.admin.bulk import asked, each
from managers.admin.columns import column, moment_column, word_of
from managers.admin.confinement import ConfinedAdmin, caller_behind
from managers.admin.filters import ChoiceFilter, ConfinedFilter


class StateFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    cuts = {
        "open": (gettext_lazy("open"), Q(closed_at=None)),
        "waiting": (
            gettext_lazy("waiting"),
            Q(closed_at=None, contact__operator=None),
        ),
        "answered": (
            gettext_lazy("being answered"),
            Q(closed_at=None, contact__operator__isnull=False),
        ),
        "closed": (gettext_lazy("closed"), Q(closed_at__isnull=False)),
    }


@admin.register(Chat)
class ChatAdmin(ConfinedAdmin):
    """Read, and closed; all else happens by itself or on the contact's page."""

    list_display = [
        "protocol",
        "contact",
        "manager",
        "area",
        "operator",
        "state",
        "opened",
        "closed",
    ]
    list_filter = [
        StateFilter,
        ("manager", ConfinedFilter),
        ("contact__area", ConfinedFilter),
        ("contact__operator", ConfinedFilter),
        "contact__channel",
    ]
    list_select_related = ["manager", "contact__area", "contact__operator"]
    search_fields = ["protocol"]
    search_help_text = gettext_lazy("Protocol, or the contact's name or number")
    ordering = ["-pk"]
    fields = [
        ("protocol", "state_now"),
        ("contact", "manager"),
        ("area", "operator"),
        ("opened_at", "closed_at"),
    ]
    actions = ["close_many"]
    change_form_outer_after_template: Any = "admin/chats/chat/conversation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Chat]:
        rows: QuerySet[Chat] = super().get_queryset(request)
        # A contact knows who answers it now; who answered it then, the ledger does.
        then = ChatEvent.objects.filter(chat=OuterRef("pk")).order_by("-pk")
        served = then.filter(operator__isnull=False)
        return rows.annotate(
            last_area=Subquery(then.values("area__name")[:1]),
            last_operator=Subquery(served.values("operator__name")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(chats_named(search_term)), False

    opened = moment_column("opened_at", gettext_lazy("Opened"))
    closed = moment_column("closed_at", gettext_lazy("Closed"))

    @column(gettext_lazy("Area"))
    def area(self, chat: Any) -> str | None:
        """Where it is or, closed, where it was."""
        if chat.closed_at is None:
            area = chat.contact.area
            return area.name if area else None
        name: str | None = chat.last_area
        return name

    @column(gettext_lazy("Operator"))
    def operator(self, chat: Any) -> str | None:
        """Who answers it or, closed, who answered last."""
        if chat.closed_at is None:
            operator = chat.contact.operator
            return operator.name if operator else None
        name: str | None = chat.last_operator
        return name

    @column(
        gettext_lazy("State"),
        label={"waiting": "warning", "answered": "success", "closed": ""},
    )
    def state(self, chat: Chat) -> tuple[str, str]:
        if chat.closed_at is not None:
            return "closed", _("closed")
        if chat.contact.operator_id is None:
            return "waiting", _("waiting")
        return "answered", _("being answered")

    state_now = word_of("state", gettext_lazy("State"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        chat = self.get_object(request, object_id)
        conversation: dict[str, Any] = {}
        if chat is not None:
            conversation = {
                "chat": chat,
                "bubbles": bubbles_of(chat),
                "events": events_of(chat),
                "most_shown": MOST_SHOWN,
            }
        context = {**conversation, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.action(description=gettext_lazy("Close the chats"), permissions=["view"])
    def close_many(
        self, request: HttpRequest, queryset: QuerySet[Chat]
    ) -> HttpResponse | None:
        going = queryset.filter(closed_at=None).select_related("contact")
        form = asked(self, request, going, title=_("Close the chats"))
        if isinstance(form, HttpResponse):
            return form
        close = partial(close_chat, actor=actor_of(caller_behind(request)))
        each(
            self,
            request,
            going,
            lambda chat: close(chat.contact),
            said=_count_closed,
            logged=_("Chat closed."),
        )
        return None


def _count_closed(count: int) -> str:
    return ngettext("%d chat was closed.", "%d chats were closed.", count) % count
