"""The ledger of chats in the back-office: who did what, and when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Substr
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from chats.admin.messages import EndlessAdmin
from chats.admin.search import chats_named
from chats.models import Chat, ChatEvent
from managers.admin.columns import column, moment_column
from managers.admin.filters import ConfinedFilter
from managers.models import ApiKey


def _bearer(kind: str, name: Any) -> When:
    """The name behind a credential such as "user:12"."""
    return When(actor__regex=f"^{kind}:[0-9]{{1,18}}$", then=Subquery(name))


def _id_in(credential: str, prefix: str) -> Any:
    return Cast(Substr(OuterRef(credential), len(prefix) + 1), BigIntegerField())


@admin.register(ChatEvent)
class ChatEventAdmin(EndlessAdmin):
    list_display = ["moment", "chat", "manager", "kind", "area", "operator", "who"]
    list_filter = [
        "kind",
        ("manager", ConfinedFilter),
        ("area", ConfinedFilter),
        ("operator", ConfinedFilter),
    ]
    list_select_related = ["manager", "chat", "area", "operator", "acting_operator"]
    search_fields = ["chat__protocol"]
    search_help_text = gettext_lazy("Protocol, or the contact's name or number")
    fields = [("at", "kind"), ("chat", "manager"), ("area", "operator"), "who"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChatEvent]:
        rows: QuerySet[ChatEvent] = super().get_queryset(request)
        users = User.objects.filter(pk=_id_in("actor", "user:")).values("username")
        keys = ApiKey.objects.filter(pk=_id_in("actor", "key:")).values("name")
        bearer = Case(
            _bearer("user", users),
            _bearer("key", keys),
            default=Value(""),
            output_field=CharField(),
        )
        return rows.annotate(bearer=bearer)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        chats = self.admin_site.get_model_admin(Chat).get_queryset(request)
        meant = chats.filter(chats_named(search_term)).values_list("pk", flat=True)
        return queryset.filter(chat__in=list(meant[:1000])), False

    moment = moment_column("at", gettext_lazy("When"))

    @column(gettext_lazy("By"))
    def who(self, event: Any) -> str:
        """The operator himself, or the person or key that acted, or both."""
        bearer = event.bearer or event.actor
        acting = event.acting_operator
        if acting is None:
            return bearer or "-"
        return f"{acting.name} ({bearer})" if bearer else str(acting.name)
