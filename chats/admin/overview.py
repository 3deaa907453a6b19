"""The first page of the back-office: what needs attention now."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.models import Area
from areas.rules.holidays import managers_without_next_year
from chats.admin.account_troubles import troubles_of
from managers.admin.change_log import recent_entries
from managers.admin.tenant import caller_behind


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds accounts with problems, areas to review and the user's recent actions."""
    caller = caller_behind(request)
    return {
        **context,
        "title": _("Overview"),
        "troubles": troubles_of(caller),
        "to_review": Area.objects.visible_to(caller).filter(needs_review=True).count(),
        "without_holidays": managers_without_next_year(caller, timezone.localdate()),
        "recent": recent_entries(request, admin.site),
    }
