"""Reports of a gateway's platform: problems to handle, and message templates."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chats.accounts.notices import BAD_STATES, GOOD_STATES, mark_handled, open_problems
from chats.models import ApprovedTemplate, GatewayAccount, GatewayNotice
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

    @column(gettext_lazy("Reports of the platform"))
    def reports(self, account: GatewayAccount) -> str:
        notices = account.notices.order_by("-reported_at")[:MOST_SHOWN]
        return _lines([_notice(notice) for notice in notices])

    @column(gettext_lazy("Message templates"))
    def templates(self, account: GatewayAccount) -> str:
        templates = account.templates.order_by("-reported_at")[:MOST_SHOWN]
        return _lines([_template(template) for template in templates])

    @column(gettext_lazy("Approved templates"))
    def approved(self, account: GatewayAccount) -> str:
        """The templates as last fetched; a line says when, and why it failed."""
        fetch = getattr(account, "template_fetch", None)
        if fetch is None:
            return "-"
        failed = format_html("{} {}", tag("bad", _("Failed")), fetch.error)
        lines: list[str] = [failed] if fetch.error else []
        if fetch.fetched_at is not None:
            lines.append(_("Fetched: %s") % short(fetch.fetched_at))
        listed = account.approved_templates.order_by("name", "language")[:MOST_SHOWN]
        return _lines([*lines, *map(_approved, listed)])

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered: list[Any] = super().get_actions_detail(request, object_id)
        account = self.get_object(request, object_id)
        if account is None or not open_problems([account.pk]).exists():
            offered = [one for one in offered if one.path != "handle_problems"]
        return offered

    def has_handle_problems_permission(
        self, request: HttpRequest, obj: Any = None
    ) -> bool:
        return self.may(request, "act")

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
    level, message = _LEVELS[notice.level], notice.get_level_display()
    if notice.level == GatewayNotice.Level.PROBLEM and notice.handled_at is not None:
        level, message = "mute", _("Dealt with")
    until = _("until %s") % short(notice.ends_at) if notice.ends_at else ""
    return format_html(
        "{} {} {} {}",
        short(notice.reported_at),
        tag(level, message),
        notice.text,
        until,
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


def _approved(template: ApprovedTemplate) -> str:
    named = f"{template.name} ({template.language}) {template.category}"
    if not template.needs:
        return format_html("{}", named)
    needs = _("cannot be sent: it needs %s") % template.get_needs_display()
    return format_html("{} {}", named, tag("mute", needs))


def _lines(lines: list[str]) -> str:
    if not lines:
        return "-"
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))
