"""Admin pages of contacts (customers)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from areas.models import Area
from chats.conversations.assignment import save_contact
from chats.conversations.homes import has_no_home
from chats.models import Chat
from contacts.admin.actions import ContactActions
from contacts.admin.consents import ConsentInline
from contacts.admin.forms import KnownContactForm, NewContactForm
from contacts.admin.search import contacts_named, contacts_without_names
from contacts.models import Contact
from contacts.saving import ContactInput
from managers.admin.columns import column, moment_column, tag, two_lines
from managers.admin.filters import ChoiceFilter, TenantFilter
from managers.admin.tenant import WRITE, caller_behind, is_auditor

_IS_OPEN = Q(Exists(Chat.objects.open().filter(contact=OuterRef("pk"))))


class SituationFilter(ChoiceFilter):
    title = gettext_lazy("situation")
    parameter_name = "situation"
    cuts = {
        "waiting": (gettext_lazy("waiting"), _IS_OPEN & Q(operator=None)),
        "answered": (gettext_lazy("being answered"), Q(operator__isnull=False)),
        "quiet": (gettext_lazy("no open chat"), ~_IS_OPEN),
        "unread": (gettext_lazy("with unread messages"), Q(unread__gt=0)),
        "nowhere": (gettext_lazy("without an area"), Q(area=None)),
        "homeless": (gettext_lazy("without a home"), has_no_home()),
    }


class DeletedFilter(ChoiceFilter):
    """Hides deleted contacts unless they are selected."""

    title = gettext_lazy("deletion")
    parameter_name = "deleted"
    all_option = ["", gettext_lazy("No")]
    cuts = {"yes": (gettext_lazy("Yes"), Q(deleted_at__isnull=False))}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return super().queryset(request, queryset)
        return queryset.filter(deleted_at=None)


@admin.register(Contact)
class ContactAdmin(ContactActions):
    """Contacts; their area and operator are changed only by actions."""

    supervisors_may = WRITE
    administrators_may = WRITE

    list_display = [
        "person",
        "channel",
        "manager",
        "area",
        "operator",
        "situation",
        "unread",
        "latest",
    ]
    list_filter = [
        SituationFilter,
        ("manager", TenantFilter),
        ("area", TenantFilter),
        ("operator", TenantFilter),
        ("channel", ChoicesDropdownFilter),
        DeletedFilter,
    ]
    list_select_related = ["manager", "area", "operator"]
    search_fields = ["name"]
    search_help_text = gettext_lazy("Name, number or protocol")
    fieldsets = [
        (None, {"fields": ["name", "photo"]}),
        (
            gettext_lazy("Service"),
            {
                "fields": [
                    ("area", "operator"),
                    ("situation", "chats"),
                    ("protocol", "sa"),
                    ("unread", "last_message_at"),
                ]
            },
        ),
        (
            gettext_lazy("Identity"),
            {"fields": [("manager", "channel"), ("number", "created_at")]},
        ),
    ]
    add_fieldsets: Any = [
        (None, {"fields": ["manager", "channel", "external_id", "name", "area"]})
    ]
    readonly_fields = [
        "area",
        "operator",
        "situation",
        "chats",
        "protocol",
        "sa",
        "unread",
        "last_message_at",
        "manager",
        "channel",
        "number",
        "created_at",
    ]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """Orders as the API does, with the same index."""
        return [F("last_message_at").desc(nulls_last=True), "-pk"]

    def annotate_page(self, rows: list[Any]) -> None:
        """Sets `is_open` on each row: whether it has an open chat; in one query."""
        open_chats = Chat.objects.open().filter(contact__in=[row.pk for row in rows])
        with_chat = set(open_chats.values_list("contact_id", flat=True))
        for row in rows:
            row.is_open = row.pk in with_chat

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        named = contacts_without_names if is_auditor(request) else contacts_named
        return queryset.filter(named(search_term)), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbids changes of a deleted contact; the theme may pass an id as `obj`."""
        deleted = isinstance(obj, Contact) and obj.deleted_at is not None
        return not deleted and super().has_change_permission(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [ConsentInline]

    def save_formset(
        self, request: HttpRequest, form: Any, formset: Any, change: bool
    ) -> None:
        credential = caller_behind(request).credential
        for each in formset.forms:
            if each.has_changed():
                each.instance.by = credential
        super().save_formset(request, form, formset, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else self.readonly_fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = NewContactForm if obj is None else KnownContactForm
        return super().get_form(request, obj, change=change, **kwargs)

    latest = moment_column("last_message_at", gettext_lazy("Last message"))

    @column(gettext_lazy("Contact"), ordering="name")
    def person(self, contact: Contact) -> str:
        return two_lines(contact.name, contact.external_id)

    @column(gettext_lazy("Number or id"))
    def number(self, contact: Contact) -> str:
        return contact.external_id

    @column(gettext_lazy("Situation"))
    def situation(self, contact: Any) -> str:
        if contact.deleted_at is not None:
            return tag("bad", _("deleted"))
        if contact.operator_id is not None:
            return tag("good", _("being answered"))
        return tag("warn", _("waiting")) if contact.is_open else tag("mute", _("quiet"))

    @column(gettext_lazy("Chats"))
    def chats(self, contact: Contact) -> str:
        return format_html(
            '<a class="bo-link" href="{}?contact__id__exact={}">{}</a>',
            reverse("admin:chats_chat_changelist"),
            contact.pk,
            _("Show the chats"),
        )

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        data = form.cleaned_data
        area: Area | None = data["area"]
        saved = save_contact(
            caller_behind(request),
            data["manager"].pk,
            data["channel"],
            data["external_id"],
            ContactInput(name=data["name"], area=area.code if area else None),
        )
        obj.pk = saved.pk
