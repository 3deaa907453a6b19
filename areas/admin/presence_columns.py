"""The columns that show an operator's presence and number of chats."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.admin.colleagues import PRESENCE
from areas.models import Availability, PauseReason
from areas.presence import presences
from areas.rules.policies import policy_for
from chats.conversations.operator_load import loads_of
from managers.admin.columns import column, short, tag
from managers.admin.tenant import TenantAdmin


class PresenceColumns(TenantAdmin):
    """Adds `presence` and `load` to the list and the form of operators."""

    def annotate_page(self, rows: list[Any]) -> None:
        """Loads both, the names of reasons and the caps, with one query each."""
        ids = [row.pk for row in rows]
        found, loads = presences(ids), loads_of(ids)
        managers = {row.manager_id for row in rows}
        names = {
            (reason.manager_id, reason.code): reason.name
            for reason in PauseReason.objects.filter(manager__in=managers)
        }
        caps = {manager: policy_for(manager, None).cap for manager in managers}
        for row in rows:
            row.now = found[row.pk]
            row.pause = names.get((row.manager_id, row.now.reason), row.now.reason)
            row.held = loads[row.pk]
            row.most = caps[row.manager_id] if row.cap is None else row.cap

    @column(gettext_lazy("Now"))
    def presence(self, operator: Any) -> str:
        """Online, paused with the reason, or offline, and since when."""
        kind, word = PRESENCE[operator.now.state]
        parts = [part for part in (operator.pause, short(operator.now.since)) if part]
        told = format_html_join(" · ", "{}", ((part,) for part in parts))
        return format_html("{} {}", tag(kind, word), told)

    @column(gettext_lazy("Open chats"))
    def load(self, operator: Any) -> str:
        """The number of his chats and his limit, as a link to them.

        Highlighted when he is at his limit, or holds chats while offline.
        """
        count = str(operator.held)
        if operator.most:
            count = _("%(held)d of %(most)d") % {
                "held": operator.held,
                "most": operator.most,
            }
        if not operator.held:
            return count
        shown: str = count
        if operator.now.state == Availability.State.OFFLINE:
            shown = tag("bad", count)
        elif operator.most and operator.held >= operator.most:
            shown = tag("warn", count)
        chats = reverse("admin:chats_chat_changelist")
        return format_html(
            '<a href="{}?state=open&contact__operator__id__exact={}">{}</a>',
            chats,
            operator.pk,
            shown,
        )
