"""The admin site: Unfold's site with a content policy and a 404 for missing pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.decorators import csp_replace
from django.contrib.admin.apps import AdminConfig
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from unfold.sites import UnfoldAdminSite

from hci_center.webserver.content_policy import BACK_OFFICE

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
_with_policy = csp_replace(BACK_OFFICE)


class BackOfficeSite(UnfoldAdminSite):
    @method_decorator(_with_policy)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        return response

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """Wraps an admin view with the content policy that the theme needs.

        Error responses keep the stricter policy.
        """
        return cast("View", _with_policy(super().admin_view(view, cacheable)))

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Runs the theme's search; raises Http404 for a page that does not exist."""
        try:
            response: TemplateResponse = super().search(request, extra_context)
        except InvalidPage as error:
            raise Http404 from error
        return response


class BackOfficeConfig(AdminConfig):
    """Configures Django's admin to use BackOfficeSite as `admin.site`."""

    default_site = "hci_center.backoffice_site.BackOfficeSite"
