"""The admin site: Unfold's site with a content policy and a 404 for missing pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.admin.apps import SimpleAdminConfig
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.module_loading import import_string
from unfold.sites import UnfoldAdminSite

from hci_center.backoffice import FIND_ROWS, IS_AUDITOR, SOCKET_ORIGIN
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

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answers the choices of forms, which auditors do not fill in."""
        if import_string(IS_AUDITOR)(request):
            raise PermissionDenied
        response: HttpResponse = super().autocomplete_view(request)
        return response

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Renders the first page, whose script may connect to the feed."""
        response: TemplateResponse = super().index(request, extra_context)
        sources = [SELF, import_string(SOCKET_ORIGIN)(request)]
        response._csp_update = {"connect-src": sources}  # type: ignore[attr-defined] # read by django-csp
        return response

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Runs the theme's search and, for Ctrl+K, finds customers and chats too.

        The theme keeps what it finds for five minutes; rows are looked up each time.
        Raises Http404 for a page that does not exist.
        """
        try:
            response: TemplateResponse = super().search(request, extra_context)
        except InvalidPage as error:
            raise Http404 from error
        context = getattr(response, "context_data", None)
        if context is not None and "extended" in request.GET:
            entries = context["page_obj"]
            rows = import_string(FIND_ROWS)(request, request.GET["s"])
            everything = Paginator([*rows, *entries.object_list], entries.per_page)
            context |= {"page_obj": everything, "results": everything.page(1)}
        return response


class BackOfficeConfig(SimpleAdminConfig):
    """Configures Django's admin to use BackOfficeSite as `admin.site`.

    The admin modules are imported by the URL configuration: they take a third of the
    start of a process, and the relay, the feed and the worker have no pages.
    """

    default_site = "hci_center.backoffice_site.BackOfficeSite"
