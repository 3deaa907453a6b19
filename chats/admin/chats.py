"""Chats in the back-office."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from chats.admin.acting import ActingAdmin
from chats.admin.conversation import MOST_SHOWN, events_of, said_in
from chats.admin.record_page import record_page
from chats.admin.search import chats_named
from chats.admin.waiting import (
    COLUMNS,
    IS_OPEN,
    WITH_BOT,
    WITH_OPERATOR,
    WITHOUT_OPERATOR,
    waiting_for,
)
from chats.conversations.audit import actor_of
from chats.conversations.lifecycle import close_chat
from chats.models import Chat, ChatEvent
from contacts.admin.impacts import CauseForm, closing_facts
from contacts.models import Contact
from managers.admin.columns import column, moment_column, tag
from managers.admin.confirm import apply_to_each, confirm
from managers.admin.filters import ChoiceFilter, DayRangeFilter, TenantFilter
from managers.admin.nameless import nameless
from managers.admin.tenant import READ, caller_behind, is_auditor


class StateFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"
    cuts = {
        "open": (gettext_lazy("open"), IS_OPEN),
        "menu": (gettext_lazy("with the bot"), WITHOUT_OPERATOR & WITH_BOT),
        "waiting": (gettext_lazy("in the queue"), WITHOUT_OPERATOR & ~WITH_BOT),
        "answered": (gettext_lazy("being answered"), WITH_OPERATOR),
        "owed": (
            gettext_lazy("waiting for an answer"),
            WITH_OPERATOR & Q(contact__waiting_since__isnull=False),
        ),
        "closed": (gettext_lazy("closed"), ~IS_OPEN),
    }


@admin.register(Chat)
class ChatAdmin(ActingAdmin):
    """A read-only list with an action to close; a chat's page has all actions."""

    supervisors_may = READ | {"act"}
    administrators_may = READ | {"act"}

    list_display = [
        "protocol",
        "contact",
        "of_manager",
        "area",
        "operator",
        "state",
        "waiting_for",
        "opened",
        "closed",
    ]
    list_filter = [
        StateFilter,
        ("manager", TenantFilter),
        ("contact__area", TenantFilter),
        ("contact__operator", TenantFilter),
        ("contact__channel", ChoicesDropdownFilter),
        ("opened_at", DayRangeFilter),
        ("closed_at", DayRangeFilter),
    ]
    linked_lookups = ("contact__id__exact",)
    opening_is_audited = True
    narrow = ("contact__area__id__exact", "contact__operator__id__exact")
    list_select_related = ["manager", "contact__area", "contact__operator"]
    search_fields = ["protocol"]
    search_help_text = gettext_lazy("Protocol, or the contact's name or number")
    fields = [
        ("protocol", "state"),
        ("contact", "of_manager"),
        ("area", "operator"),
        ("opened_at", "closed_at"),
        "waiting_for",
    ]
    actions = ["close_many"]
    change_form_outer_after_template: Any = "admin/chats/chat/conversation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).annotate(**COLUMNS)
        return cast("QuerySet[Any]", rows)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Sorts open chats by the longest wait, others by the newest."""
        if request.GET.get("state") in {*StateFilter.cuts} - {"closed"}:
            return [F("waits_since").asc(nulls_last=True), "-pk"]
        return ["-pk"]

    def annotate_page(self, rows: list[Any]) -> None:
        """Loads the last area and operator of closed chats, in two queries.

        A contact only has its current operator; the ledger has the earlier ones.
        """
        closed = [row.pk for row in rows if row.closed_at is not None]
        lines = ChatEvent.objects.filter(chat__in=closed).order_by("chat", "-pk")
        last = lines.distinct("chat")
        areas = dict(last.values_list("chat", "area__name"))
        answered = last.filter(operator__isnull=False)
        operators = dict(answered.values_list("chat", "operator__name"))
        for row in rows:
            row.last_area = areas.get(row.pk)
            row.closed_operator = operators.get(row.pk)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(chats_named(search_term, caller_behind(request))), False

    waiting_for = waiting_for
    opened = moment_column("opened_at", gettext_lazy("Opened"))
    closed = moment_column("closed_at", gettext_lazy("Closed"))

    @column(gettext_lazy("Area"))
    def area(self, chat: Any) -> str | None:
        """The current area or, for a closed chat, the last one."""
        if chat.closed_at is None:
            area = chat.contact.area
            return area.name if area else None
        name: str | None = chat.last_area
        return name

    @column(gettext_lazy("Operator"))
    def operator(self, chat: Any) -> str | None:
        """The current operator or, for a closed chat, the last one."""
        if chat.closed_at is None:
            operator = chat.contact.operator
            return operator.name if operator else None
        name: str | None = chat.closed_operator
        return name

    @column(gettext_lazy("State"))
    def state(self, chat: Chat) -> str:
        if chat.closed_at is not None:
            return tag("mute", _("closed"))
        if chat.contact.operator_id is None:
            return tag("warn", _("waiting"))
        return tag("good", _("being answered"))

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
                "bubbles": said_in(chat),
                "acts": self.acts_of(request, chat),
                "may_act": self.may_act_on(request, chat),
                "events": events_of(chat),
                "most_shown": MOST_SHOWN,
            }
        context = {**conversation, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Shows the messages and the ledger, which are more than the admin's log."""
        chat = self.get_object(request, unquote(object_id))
        if chat is None:
            raise Http404
        hidden = nameless(chat.contact_id) if is_auditor(request) else ""
        return record_page(request, chat, self.admin_site, nameless=hidden)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "act")

    @admin.action(description=gettext_lazy("Close the chats"), permissions=["act"])
    def close_many(
        self, request: HttpRequest, queryset: QuerySet[Chat]
    ) -> HttpResponse | None:
        going = queryset.filter(closed_at=None).select_related("contact")
        form = confirm(
            self,
            request,
            going,
            title=_("Close the chats"),
            none=_("None of these chats is open."),
            make_form=CauseForm,
            facts=lambda: closing_facts(Contact.objects.filter(chats__in=going)),
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        actor, cause = actor_of(caller_behind(request)), form.cleaned_data["cause"]
        close = partial(close_chat, actor=actor, cause=cause)
        apply_to_each(
            self,
            request,
            going,
            lambda chat: close(chat.contact),
            message=_count_closed,
            logged=_("Chat closed."),
        )
        return None


def _count_closed(count: int) -> str:
    return ngettext("%d chat was closed.", "%d chats were closed.", count) % count
