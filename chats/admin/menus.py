"""Admin pages of menus: the published versions, and the editor that publishes one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from areas.models import Menu
from areas.rules.menus import menu_in_force, publish_menu
from chats.admin.menu_page import first_menu, page_data
from hci_center.audit.shown import names_of
from hci_center.errors import InvalidError
from managers.admin.columns import column, tag
from managers.admin.filters import TenantFilter
from managers.admin.tenant import READ, TenantAdmin, caller_behind
from managers.models import Manager

# The theme's decorator excludes lazy sentences in its types; at run time they work.
_edit: Callable[[Callable[..., Any]], Callable[..., Any]] = cast("Any", action)(
    description=gettext_lazy("Edit this version"), icon="edit"
)


class ManagerForm(forms.Form):
    """The choice of the manager, for a user with several managers."""

    manager = forms.ModelChoiceField(
        Manager.objects.none(),
        label=gettext_lazy("Manager"),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, managers: Any, *args: Any) -> None:
        super().__init__(*args)
        fields: dict[str, Any] = self.fields
        fields["manager"].queryset = managers


@admin.register(Menu)
class MenuAdmin(TenantAdmin):
    """Versions are never changed: editing one publishes the next."""

    supervisors_may = READ | {"add"}
    administrators_may = READ | {"add"}

    list_display = ["shown_version", "manager", "state", "steps", "published_at"]
    list_filter = [("manager", TenantFilter)]
    list_select_related = ["manager"]
    ordering = ["manager__name", "-version"]
    fields = ("manager", "version", "published_at", "maker", "shown_body")
    readonly_fields = ("manager", "version", "published_at", "maker", "shown_body")
    actions_detail: Any = ["edit_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Menu]:
        rows: QuerySet[Menu] = super().get_queryset(request)
        newest = Menu.objects.filter(manager=OuterRef("manager")).order_by("-version")
        return rows.annotate(newest=Subquery(newest.values("version")[:1]))

    @column(gettext_lazy("Version"), ordering="version")
    def shown_version(self, menu: Menu) -> str:
        return str(menu.version)

    @column(gettext_lazy("State"))
    def state(self, menu: Any) -> SafeString | str:
        if menu.newest != menu.version:
            return _("Earlier")
        return tag("good", _("In force")) if menu.body else _("No menu")

    @column(gettext_lazy("Steps"))
    def steps(self, menu: Menu) -> str:
        count = len(menu.body["steps"]) if menu.body else 0
        return ngettext("%d step", "%d steps", count) % count

    @column(gettext_lazy("made by"))
    def maker(self, menu: Menu) -> str:
        return names_of([menu.made_by]).get(menu.made_by, menu.made_by)

    @column(gettext_lazy("Menu"))
    def shown_body(self, menu: Menu) -> SafeString | str:
        if menu.body is None:
            return _("No menu")
        text = json.dumps(menu.body, ensure_ascii=False, indent=2)
        return format_html('<pre class="bo-code">{}</pre>', text)

    @_edit
    def edit_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Opens the editor with the version, to publish it again or change it."""
        address = reverse("admin:areas_menu_add")
        menu = self.get_object(request, object_id)
        if menu is None:
            return HttpResponseRedirect(reverse("admin:areas_menu_changelist"))
        where = f"{address}?manager={menu.manager_id}&version={menu.version}"
        return HttpResponseRedirect(where)

    # The editor ---------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Shows the editor of a manager's menu, and publishes the submitted menu."""
        if not self.has_add_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        managers = self.admin_site._registry[Manager].get_queryset(request)
        managers = managers.order_by("name")
        only = managers.first() if managers.count() == 1 else None
        given = {"manager": only.pk} if only else (request.POST or request.GET)
        form = ManagerForm(managers, given if "manager" in given else None)
        if not form.is_valid():
            return self._page(request, {"form": form})
        manager = form.cleaned_data["manager"]
        if request.method != "POST":
            version = request.GET.get("version", "")
            body = first_menu(manager, int(version) if version.isdecimal() else None)
            return self._editor(request, manager, json.dumps(body, ensure_ascii=False))
        return self._publish(request, manager)

    def _publish(self, request: HttpRequest, manager: Manager) -> HttpResponse:
        text = request.POST.get("body", "")
        body = None
        if "none" not in request.POST:
            try:
                body = json.loads(text)
            except (ValueError, RecursionError):
                problems = {"menu": [_("This is not JSON.")]}
                return self._editor(request, manager, text, problems)
            if body is None:
                problems = {"menu": [_("This must be an object.")]}
                return self._editor(request, manager, text, problems)
        made_by = caller_behind(request).credential
        try:
            is_new = publish_menu(manager.pk, body, made_by=made_by)
        except InvalidError as error:
            return self._editor(request, manager, text, error.more["fields"])
        if not is_new:
            self.message_user(request, _("The menu in force is equal to this one."))
        elif body is None:
            message = _("The menu is switched off.")
            self.message_user(request, message, messages.SUCCESS)
        else:
            message = _("The menu is published: it leads customers from now on.")
            self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:areas_menu_changelist"))

    def _editor(
        self,
        request: HttpRequest,
        manager: Manager,
        text: str,
        problems: dict[str, Any] | None = None,
    ) -> HttpResponse:
        newest = menu_in_force(manager.pk)
        return self._page(
            request,
            {
                "manager": manager,
                "body": text,
                "problems": problems or {},
                "data": page_data(manager),
                "is_in_force": newest is not None and newest.body is not None,
            },
            status=400 if problems else 200,
        )

    def _page(
        self, request: HttpRequest, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": _("Menu"),
            "opts": self.opts,
        }
        template = "admin/chats/menu_editor.html"
        return TemplateResponse(request, template, context, status=status)
