"""The admin site: the theme's, with what it leaves unguarded."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from unfold.sites import UnfoldAdminSite


class BackOfficeSite(UnfoldAdminSite):
    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The theme's; a page that there is not is a 404."""
        try:
            response: TemplateResponse = super().search(request, extra_context)
        except InvalidPage as error:
            raise Http404 from error
        return response


class BackOfficeConfig(AdminConfig):
    """Django's admin, with this site as `admin.site`."""

    default_site = "hci_center.backoffice_site.BackOfficeSite"
