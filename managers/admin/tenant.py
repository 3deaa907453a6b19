"""The base of all admin pages: permissions, and the rows a person may access.

Permissions depend only on the role: a superuser is an administrator, other staff are
supervisors of the managers assigned to them. Django's permission rows are ignored.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import CHECKBOX_CLASSES

from areas.sign_in.session_auth import caller_of
from hci_center.callers import Caller
from managers.admin.changelist import FastChangeList
from managers.admin.columns import column
from managers.admin.deleting import DeletingAdmin
from managers.admin.light_lists import lighten
from managers.admin.lookups import allowed_lookups, is_row_id
from managers.admin.nameless import hide_names
from managers.admin.narrowed import NarrowedChoice, NarrowedSelect, has_manager
from managers.admin.refusals import show_refusal
from managers.admin.stale_forms import VersionedPage

READ = frozenset({"view"})
WRITE = frozenset({"view", "add", "change"})
ALL = WRITE | {"delete"}

_CHECKBOX = " ".join(["action-select", *CHECKBOX_CLASSES])
# The manager's column, with the model's own label or with ours.
MANAGER_COLUMNS = ("manager", "of_manager")

_NOBODY = Caller("operator", "", frozenset())


def caller_behind(request: HttpRequest) -> Caller:
    """Returns the signed-in person as a caller, cached per request.

    For a person without a role it is a caller without rights.
    """
    caller: Caller | None = getattr(request, "back_office_caller", None)
    if caller is None:
        caller = caller_of(request.user) or _NOBODY
        request.back_office_caller = caller  # type: ignore[attr-defined]
    return caller


def is_auditor(request: HttpRequest) -> bool:
    """Returns whether the person only reads, without the names of customers."""
    return caller_behind(request).role == "auditor"


def is_no_auditor(request: HttpRequest) -> bool:
    """For menu entries that are hidden from auditors."""
    return not is_auditor(request)


def sees_one_manager(request: HttpRequest) -> bool:
    """Returns whether the person may access one manager only."""
    managers = caller_behind(request).managers
    return managers is not None and len(managers) == 1


class TenantAdmin(VersionedPage, DeletingAdmin):  # type: ignore[misc]
    """An admin page limited to the managers that the person supervises.

    Administrators may access all rows. `manager_lookup` is the lookup from a row to its
    manager, "" if it has none. Lists, choices, autocomplete, filters, actions and
    single pages all use `get_queryset`, so that a foreign row is like a missing one.
    """

    manager_lookup: ClassVar[str] = "manager"
    supervisors_may: ClassVar[frozenset[str]] = READ
    administrators_may: ClassVar[frozenset[str]] = READ
    # Lookups by row id that links on our own pages use, besides those of the filters.
    linked_lookups: ClassVar[tuple[str, ...]] = ()
    # Columns that no page shows, so that lists need not read and decrypt them.
    unread_columns: ClassVar[tuple[str, ...]] = (
        "manager__facebook_token",
        "manager__gateway_settings",
    )
    # Selective filters, by parameter name.
    narrow: ClassVar[tuple[str, ...]] = ()
    # The theme declares an empty tuple, whose type allows no elements.
    actions_detail: Any = ()

    list_per_page = 50
    list_max_show_all = 100  # Contacts: some 2 kB each.
    show_full_result_count = False
    # Facets would count the table for each choice of a filter.
    show_facets = ShowFacets.NEVER
    list_filter_submit = True

    # Permissions ------------------------------------------------------------

    def may(self, request: HttpRequest, right: str) -> bool:
        """Returns whether the person's role has that right on this resource."""
        caller = caller_behind(request)
        if caller.role == "administrator":
            return right in self.administrators_may
        if not caller.managers or right not in self.supervisors_may:
            return False
        return caller.role == "supervisor" or (is_auditor(request) and right == "view")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

    # Rows -------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        if not self.has_view_permission(request):
            # Django queries a row before it checks the permission for its page.
            return rows.none()
        rows = rows.defer(*self.unread_columns)
        managers = caller_behind(request).managers
        if managers is None:
            return rows
        return rows.filter(**{f"{self.manager_lookup}__in": managers})

    def get_choices(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Returns the rows that forms of other rows may choose."""
        return self.get_queryset(request)

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> models.QuerySet[Any] | None:
        """Returns the valid choices of a relation: rows of the person's managers."""
        remote = self.admin_site._registry.get(db_field.remote_field.model)
        if isinstance(remote, TenantAdmin):
            return remote.get_choices(request)
        chosen: models.QuerySet[Any] | None = super().get_field_queryset(
            db, db_field, request
        )
        return chosen

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Narrows rows of managers to the manager that is chosen in the form."""
        if not has_manager(db_field.remote_field.model):
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        field: Any = super().formfield_for_foreignkey(
            db_field, request, form_class=NarrowedChoice, **kwargs
        )
        field.widget = NarrowedSelect()
        field.queryset = field.queryset.select_related("manager")
        field.several_managers = not sees_one_manager(request)
        return field

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Offers only rows of the row's own manager, which is not changed."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        manager_id = getattr(obj, "manager_id", None)
        fields: dict[str, Any] = form.base_fields
        for field in fields.values():
            if isinstance(field, NarrowedChoice) and manager_id is not None:
                rows: Any = field.queryset
                field.queryset = rows.filter(manager=manager_id)
                field.several_managers = False
        return form

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return FastChangeList

    def action_checkbox(self, obj: models.Model) -> SafeString:
        """Renders the theme's check box without creating a widget per row."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="{}" aria-label="{}">',
            ACTION_CHECKBOX_NAME,
            obj.pk,
            _CHECKBOX,
            _("Select this record"),
        )

    @column(gettext_lazy("Manager"), ordering="manager__name")
    def of_manager(self, row: Any) -> str:
        """The manager, for models without their own label for it."""
        return str(row.manager)

    def annotate_page(self, rows: list[Any]) -> None:
        """Adds related data to the rows of one page."""

    def present(self, request: HttpRequest, rows: list[Any]) -> None:
        """Prepares the rows of a page: adds related data, hides names from auditors."""
        self.annotate_page(rows)
        if is_auditor(request):
            for row in rows:
                hide_names(row)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            self.present(request, [row])
        return row

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Omits the manager's column for a person with one manager."""
        columns = list(super().get_list_display(request))
        if sees_one_manager(request):
            columns = [name for name in columns if name not in MANAGER_COLUMNS]
        return columns

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allows only lookups of filters and our links; see `managers.admin.lookups`.

        Django's own check is not used: it allows every column of the model.
        """
        filters = self.get_list_filter(request)
        lookups = allowed_lookups(self.model, filters, self.linked_lookups)
        is_valid = lookups.get(lookup)
        if is_valid is not None and not is_valid(value):
            # Possibly an old URL: Django redirects to the list without filters.
            raise IncorrectLookupParameters(lookup)
        return is_valid is not None

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Prefills the manager for a user with one manager."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        if sees_one_manager(request):
            managers = caller_behind(request).managers or frozenset()
            initial.setdefault("manager", *managers)
        return initial

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        """Saves only the changed columns, so that simultaneous API calls are kept.

        A form whose fields are not named like their columns returns the columns that it
        writes in `written_besides`.
        """
        if not change:
            obj.save()
            return
        columns = {field.name for field in self.opts.concrete_fields}
        changed = {*form.changed_data, *getattr(form, "written_besides", ())}
        obj.save(update_fields=sorted(columns & changed))

    # Refusals are shown as messages ------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if self.opening_is_audited and object_id and request.method == "GET":
            self.record_opening(request, object_id)
        page = super().changeform_view
        return show_refusal(request, page, object_id, form_url, extra_context)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        response: Any = show_refusal(request, super().changelist_view, extra_context)
        if hasattr(response, "add_post_render_callback"):
            response.add_post_render_callback(lighten)
        return response

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[Any], *more: Any
    ) -> HttpResponse | None:
        """Rejects invalid row ids, which Django would use in a query."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(is_row_id(each) for each in chosen):
            raise BadRequest(ACTION_CHECKBOX_NAME)
        response: HttpResponse | None = super().response_action(
            request, queryset, *more
        )
        # `confirm` records the action itself after confirmation.
        if chosen and not hasattr(request, "action_is_recorded"):
            self.record_action(request, [int(each) for each in chosen])
        return response
