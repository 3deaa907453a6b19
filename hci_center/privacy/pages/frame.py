"""The base of the pages of personal data: permissions, and the admin's context."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views import View

from hci_center.callers import Caller
from hci_center.privacy.models import Request
from hci_center.privacy.requests import visible_requests
from managers.admin.tenant import caller_behind


def may_handle(caller: Caller) -> bool:
    """Returns whether the caller may handle personal data of any manager."""
    return caller.role == "administrator" or (
        caller.role == "supervisor" and bool(caller.managers)
    )


class PrivacyPage(View):
    """A page for administrators, and for supervisors about their managers."""

    caller: Caller

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        self.caller = caller_behind(request)
        if not may_handle(self.caller):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def find(self, pk: int) -> Request:
        """Returns a request; raises Http404, also for those of other managers."""
        found = visible_requests(self.caller).filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        status: int = 200,
        **context: Any,
    ) -> TemplateResponse:
        request.current_app = admin.site.name
        return TemplateResponse(
            request,
            f"admin/privacy/{template}",
            {**admin.site.each_context(request), "title": title, **context},
            status=status,
        )
