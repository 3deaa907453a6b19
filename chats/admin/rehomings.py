"""The list of changes that reassigned contacts, and the page to undo one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chats.conversations.audit import actor_of
from chats.conversations.undoing import (
    UNDO_FOR,
    contacts_to_restore,
    is_undoable,
    undo,
)
from chats.models import Rehoming
from managers.admin.columns import column, moment_column, short, tag
from managers.admin.impact import Fact, Impact, agreed, show
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import READ, TenantAdmin, caller_behind


@admin.register(Rehoming)
class RehomingAdmin(TenantAdmin):
    """The changes of the last day; each can be undone for a few minutes."""

    supervisors_may = READ | {"act"}
    administrators_may = READ | {"act"}

    list_display = ["shown_kind", "of_manager", "made", "made_by", "moved", "state"]
    list_select_related = ["manager"]
    list_display_links = None
    ordering = ["-pk"]

    made = moment_column("at", gettext_lazy("When"))

    @column(gettext_lazy("What"))
    def shown_kind(self, change: Rehoming) -> str:
        return str(change.get_kind_display())

    @column(gettext_lazy("Contacts"))
    def moved(self, change: Rehoming) -> str:
        return str(len(change.before["contacts"]))

    @column(gettext_lazy("Undo"))
    def state(self, change: Rehoming) -> str:
        if change.undone_at is not None:
            return tag("info", _("undone"))
        if not is_undoable(change):
            return tag("mute", _("time is over"))
        url = reverse("admin:chats_rehoming_undo", args=[change.pk])
        until = short(change.at + UNDO_FOR)
        return format_html(
            '<a class="bo-link" href="{}">{}</a> ({})', url, _("Undo"), until
        )

    def get_urls(self) -> list[Any]:
        own = path(
            "<str:object_id>/undo/",
            self.admin_site.admin_view(self.undo_view),
            name="chats_rehoming_undo",
        )
        return [own, *super().get_urls()]

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks for confirmation, and undoes the change."""
        change = self.get_object(request, object_id) if is_row_id(object_id) else None
        if change is None or not self.may(request, "act"):
            raise Http404
        if not is_undoable(change):
            sentence = _("It can no longer be undone.")
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:chats_rehoming_changelist"))
        return show_refusal(request, self._undo, change)

    def _undo(self, request: HttpRequest, change: Rehoming) -> HttpResponse:
        with transaction.atomic():
            impact = _impact(change)
            if request.method != "POST":
                return show(self, request, impact)
            agreed(self, request, impact)
            count = undo(change, actor=actor_of(caller_behind(request)))
            self.log_change(request, change, _("Undone."))
        message = ngettext("%d contact went back.", "%d contacts went back.", count)
        self.message_user(request, message % count, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:chats_rehoming_changelist"))


def _impact(change: Rehoming) -> Impact:
    going = contacts_to_restore(change)
    stay = len(change.before["contacts"]) - len(going)
    minutes = max(0, int((change.at + UNDO_FOR - timezone.now()).total_seconds()) // 60)
    return Impact(
        title=_("Undo: %s") % change.get_kind_display(),
        facts=[
            Fact("back", _("Contacts that go back"), len(going), going),
            Fact(
                "stay",
                _("Contacts that stay: something happened to them since"),
                stay,
            ),
        ],
        sentences=[
            ngettext(
                "It can be undone for another %d minute.",
                "It can be undone for another %d minutes.",
                minutes,
            )
            % minutes
        ],
        button=_("Undo"),
    )
