"""Reports of a gateway's platform: problems to handle, and message templates."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.accounts.notices import BAD_STATES, GOOD_STATES, mark_handled, open_problems
from chats.models import GatewayAccount, GatewayNotice
from managers.admin.columns import column, short, tag
from managers.admin.dialogs import apply_to_one, dialog
from managers.admin.tenant import TenantAdmin

# Entries of each kind on a page, the newest first.
MOST_SHOWN = 200
_LEVELS: dict[str, Any] = {
    GatewayNotice.Level.INFO: "info",
    GatewayNotice.Level.WARNING: "warn",
    GatewayNotice.Level.PROBLEM: "bad",
}


class ReportsAdmin(TenantAdmin):
    """The part of a gateway session's page that shows the reports."""

    actions_detail: Any = ()

    @column(gettext_lazy("Reports"))
    def reports(self, account: GatewayAccount) -> str:
        notices = account.notices.order_by("-reported_at")[:MOST_SHOWN]
        return _lines([_notice(notice) for notice in notices])

    @column(gettext_lazy("Message templates"))
    def templates(self, account: GatewayAccount) -> str:
        templates = account.templates.order_by("-reported_at")[:MOST_SHOWN]
        return _lines([_template(template) for template in templates])

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered: list[Any] = super().get_actions_detail(request, object_id)
        account = self.get_object(request, object_id)
        if account is None or not open_problems([account.pk]).exists():
            offered = [one for one in offered if one.path != "handle_problems"]
        return offered

    def has_handle_problems_permission(
        self, request: HttpRequest, obj: Any = None
    ) -> bool:
        return self.may(request, "view")

    @dialog(
        gettext_lazy("Problems dealt with"),
        gettext_lazy(
            "The alarm for what the platform reported ends. The reports stay on this "
            "page, and a new one raises the alarm again."
        ),
        icon="task_alt",
        permission="handle_problems",
    )
    def handle_problems(self, request: HttpRequest, form: Any, object_id: str) -> Any:
        done = _("The problems are marked as dealt with.")
        return apply_to_one(self, request, object_id, _mark_handled, done)


def _mark_handled(account: GatewayAccount) -> None:
    mark_handled([account.pk])


def _notice(notice: GatewayNotice) -> str:
    level, said = _LEVELS[notice.level], notice.get_level_display()
    if notice.level == GatewayNotice.Level.PROBLEM and notice.handled_at is not None:
        level, said = "mute", _("Dealt with")
    until = _("until %s") % short(notice.ends_at) if notice.ends_at else ""
    return format_html(
        "{} {} {} {}", short(notice.reported_at), tag(level, said), notice.text, until
    )


def _template(template: Any) -> str:
    kind: Any = "bad" if template.status in BAD_STATES else "mute"
    kind = "good" if template.status in GOOD_STATES else kind
    more = (template.category, template.quality, template.reason)
    return format_html(
        "{} ({}) {} {}",
        template.name,
        template.language,
        tag(kind, template.status or "?"),
        " · ".join(filter(None, more)),
    )


def _lines(lines: list[str]) -> str:
    if not lines:
        return "-"
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))
