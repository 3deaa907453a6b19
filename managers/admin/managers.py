"""Admin pages of managers."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from areas.admin.hours_impact import ask_about_hours, newest_hours
from areas.rules.holidays import STATES
from areas.rules.schedule_versions import refresh_rules
from contacts.models import Channel
from hci_center.api.parsers import (
    WrongValueError,
    parse_controller_port,
    parse_phone,
    parse_public_id,
)
from managers.admin.account_impact import (
    AccountChange,
    NewValue,
    ask_about_account,
)
from managers.admin.columns import column
from managers.admin.gateway_settings import show_gateway_settings
from managers.admin.long_select import LongSelect
from managers.admin.lookups import is_row_id
from managers.admin.pause_reasons import PauseReasonInline
from managers.admin.refusals import show_refusal
from managers.admin.secret_fields import (
    ClearField,
    SecretField,
    SecretsForm,
)
from managers.admin.tenant import ALL, TenantAdmin, caller_behind
from managers.models import Manager


class WireFormField(forms.CharField):
    """A form field that accepts the API's formats; None if empty."""

    def __init__(self, *, parse: Any, **options: Any) -> None:
        self.parse = parse
        options.setdefault("widget", UnfoldAdminTextInputWidget())
        super().__init__(required=False, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.parse(text)
        except WrongValueError as error:
            raise forms.ValidationError(str(error.sentence)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True


class ManagerForm(SecretsForm):
    secret_columns = ("facebook_token",)

    number = WireFormField(
        parse=parse_phone,
        label=gettext_lazy("WhatsApp number"),
        help_text=gettext_lazy("With country and area code: +55 11 91234-5678."),
    )
    controller_port = WireFormField(
        parse=parse_controller_port,
        label=gettext_lazy("Controller port"),
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("What the documented calls name the number by."),
    )
    facebook_id = WireFormField(
        parse=parse_public_id, label=gettext_lazy("Facebook page id")
    )
    new_facebook_token = SecretField(label=gettext_lazy("Page token"))
    clear_facebook_token = ClearField(label=gettext_lazy("Clear the page token"))
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[(name, name) for name in sorted(available_timezones())],
        initial=settings.TIME_ZONE,
        widget=LongSelect(),
        help_text=gettext_lazy(
            "Protocols and reports are dated in it, and opening hours are read in it."
        ),
    )

    uf = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("None")), *((uf, uf) for uf in STATES)],
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("Its holidays are offered besides the national ones."),
    )

    class Meta:
        model = Manager
        fields = [
            "name",
            "email",
            "number",
            "controller_port",
            "facebook_id",
            "time_zone",
            "uf",
            "is_demo",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if cleaned.get("number") is None and not cleaned.get("facebook_id"):
            self.add_error(
                "number", _("Give a WhatsApp number, a Facebook page, or both.")
            )
        elif cleaned.get("number") is not None and not cleaned.get("controller_port"):
            self._refuse_missing_port()
        return cleaned

    def _refuse_missing_port(self) -> None:
        """Adds an error for a number without port.

        Only a number that was linked to a page without a port may have none.
        """
        joined_without = (
            self.instance.number is not None and self.instance.controller_port is None
        )
        if not joined_without:
            self.add_error("controller_port", _("A number is saved with a port."))


_AGAIN: dict[str, Any] = {
    "number": parse_phone,
    "controller_port": parse_controller_port,
    "facebook_id": parse_public_id,
}


def _account_change(manager: Manager, form: Any) -> AccountChange | None:
    """Returns what the form changes of the manager's accounts, or None."""
    changed = [name for name in _AGAIN if name in form.changed_data]
    clears = bool(form.cleaned_data.get("clear_facebook_token"))
    channels = []
    if {"number", "controller_port"} & {*changed}:
        channels.append(Channel.WHATSAPP.value)
    if clears or "facebook_id" in changed:
        channels.append(Channel.FACEBOOK.value)
    if not channels:
        return None
    given = {name: form.cleaned_data[name] for name in changed}
    again = [
        NewValue(name, form.fields[name].label, value, _AGAIN[name])
        for name, value in given.items()
        if value is not None
    ]
    return AccountChange(
        manager,
        channels,
        _("Change the accounts of the manager"),
        again,
    )


@admin.register(Manager)
class ManagerAdmin(TenantAdmin):
    """Managers: supervisors edit their own, only administrators add new ones.

    The gateway and its settings, which control where the server connects to, are the
    administrators' too.
    """

    logged_by_name = True
    manager_lookup = "pk"
    supervisors_may = frozenset({"view", "change"})
    administrators_may = ALL
    unread_columns = ("facebook_token", "gateway_settings")
    form = ManagerForm

    list_display = ["name", "shown_number", "shown_port", "facebook_id", "gateway"]
    list_filter = [("gateway", ChoicesDropdownFilter)]
    search_fields = ["name", "email", "=facebook_id"]
    search_help_text = gettext_lazy("Name, e-mail, number or page id")
    ordering = ["name", "pk"]
    fieldsets = [
        (None, {"fields": ["name", "email", ("time_zone", "uf")]}),
        ("WhatsApp", {"fields": [("number", "controller_port"), "shown_gateway"]}),
        (
            "Facebook Messenger",
            {"fields": ["facebook_id", "new_facebook_token", "clear_facebook_token"]},
        ),
        (
            gettext_lazy("Demonstration"),
            {"fields": ["is_demo"], "classes": ["collapse"]},
        ),
    ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        # A new manager has no operators yet.
        return [] if obj is None else [PauseReasonInline]

    @column(gettext_lazy("WhatsApp number"), ordering="number")
    def shown_number(self, manager: Manager) -> str | None:
        return None if manager.number is None else str(manager.number)

    @column(gettext_lazy("Port"), ordering="controller_port")
    def shown_port(self, manager: Manager) -> str | None:
        port = manager.controller_port
        return None if port is None else str(port)

    @column(gettext_lazy("WhatsApp gateway"))
    def shown_gateway(self, manager: Manager) -> str:
        """The kind of gateway, as a link to its settings."""
        if manager.pk is None:
            return _("It is set up once the manager is saved.")
        url = reverse("admin:managers_manager_gateway", args=[manager.pk])
        name = manager.get_gateway_display()
        return format_html(
            '{} <a class="bo-link" href="{}">{}</a>', name, url, _("Gateway settings")
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if caller_behind(request).role == "administrator":
            return super().get_fieldsets(request, obj)
        return [
            self.fieldsets[0],
            ("WhatsApp", {"fields": [("number", "controller_port"), "gateway"]}),
            self.fieldsets[2],
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["gateway", "shown_gateway"]

    def get_urls(self) -> list[Any]:
        own = path(
            "<str:object_id>/gateway/",
            self.admin_site.admin_view(self.gateway_view),
            name="managers_manager_gateway",
        )
        return [own, *super().get_urls()]

    def gateway_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Shows the gateway's settings to administrators."""
        if caller_behind(request).role != "administrator":
            raise PermissionDenied
        manager = self.get_object(request, object_id) if is_row_id(object_id) else None
        if manager is None:
            raise Http404
        return show_refusal(request, partial(show_gateway_settings, self), manager)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        account = _account_change(obj, form) if change else None
        with transaction.atomic():
            settle = None
            if account is not None:
                settle = ask_about_account(self, request, account)
            super().save_model(request, obj, form, change)
            if settle is not None:
                settle()
            if change and "time_zone" in form.changed_data:
                # The same hours are different absolute times now.
                before = newest_hours(obj.pk)
                refresh_rules(obj.pk, caller_behind(request).credential)
                ask_about_hours(self, request, obj.pk, before)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        found, doubles = super().get_search_results(request, queryset, search_term)
        with suppress(WrongValueError):
            found |= queryset.filter(number=parse_phone(search_term))
        return found, doubles
