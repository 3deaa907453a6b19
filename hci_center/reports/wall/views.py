"""The wall: the first page of the back-office, and the fragments that it loads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chats.admin.overview import add_overview
from hci_center.callers import Caller
from hci_center.reports.wall.panel import panel_of
from hci_center.reports.wall.today import todays_of
from managers.admin.tenant import caller_behind


def add_wall(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds the live figures to the context of the first page."""
    caller = caller_behind(request)
    if not _may(caller):
        return add_overview(request, context)
    return add_overview(request, {**context, "panel": panel_of(caller)})


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """Returns the live figures as an HTML fragment; the wall loads it after changes."""
    caller = caller_behind(request)
    if not _may(caller):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "panel": panel_of(caller)}
    return TemplateResponse(request, "admin/wall/live.html", context)


@require_safe
@never_cache
def today(request: HttpRequest) -> HttpResponse:
    """Returns today's figures as an HTML fragment.

    Separate from the first page: with thousands of open chats they take seconds.
    """
    caller = caller_behind(request)
    if not _may(caller):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "at": timezone.now(),
        "todays": todays_of(caller),
    }
    return TemplateResponse(request, "admin/wall/today.html", context)


def _may(caller: Caller) -> bool:
    if caller.role == "administrator":
        return True
    return caller.role in ("supervisor", "auditor") and bool(caller.managers)
