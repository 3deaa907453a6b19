"""The page of a manager's gateway: one form for each kind, whose secrets are not shown."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextInputWidget

from chats.accounts.settings_fields import SETTINGS_OF, SettingField
from contacts.models import Channel
from managers.admin.account_impact import (
    AccountChange,
    ask_about_account,
    has_activity,
    values_to_retype,
)
from managers.admin.secret_fields import LONGEST_TOKEN, ClearField, SecretField
from managers.admin.tenant import TenantAdmin
from managers.models import Manager


class UrlField(forms.CharField):
    """An http or https address; the host may be a name within a private network."""

    def clean(self, value: Any) -> str:
        url: str = super().clean(value)
        try:
            parts = urlsplit(url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            is_address = False
        if url and not is_address:
            raise forms.ValidationError(
                _("Write an address that begins with http:// or https://.")
            )
        return url


class GatewaySettingsForm(forms.Form):
    """The settings of one kind of gateway; an empty secret keeps the stored one."""

    def __init__(self, data: Any, kind: str, stored: dict[str, str]) -> None:
        super().__init__(data)
        self.kind, self.stored = kind, stored
        for setting in SETTINGS_OF[kind]:
            if setting.kind == "secret":
                self._add_secret(setting)
            else:
                self._add_text(setting)

    def _add_text(self, setting: SettingField) -> None:
        field_class = UrlField if setting.kind == "url" else forms.CharField
        self.fields[setting.key] = field_class(
            label=setting.label,
            help_text=setting.help_text,
            required=setting.is_required,
            max_length=LONGEST_TOKEN,
            initial=self.stored.get(setting.key, ""),
            widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        )

    def _add_secret(self, setting: SettingField) -> None:
        is_stored = bool(self.stored.get(setting.key))
        status = (
            _("One is stored. Leave empty to keep it.")
            if is_stored
            else _("None is stored.")
        )
        field = SecretField(
            label=setting.label, help_text=f"{status} {setting.help_text}"
        )
        field.required = setting.is_required and not is_stored
        self.fields[setting.key] = field
        if is_stored and not setting.is_required:
            self.fields[f"clear_{setting.key}"] = ClearField(
                label=_("Clear it: %s") % setting.label
            )

    def settings(self) -> dict[str, str]:
        """Returns what is stored after the change, without empty settings."""
        found = dict(self.stored)
        for setting in SETTINGS_OF[self.kind]:
            given = self.cleaned_data[setting.key]
            is_kept = setting.kind == "secret" and not given
            if self.cleaned_data.get(f"clear_{setting.key}"):
                found[setting.key] = ""
            elif not is_kept:
                found[setting.key] = given
        return {key: value for key, value in found.items() if value}


def show_gateway_settings(
    page: TenantAdmin, request: HttpRequest, manager: Manager
) -> HttpResponse:
    """Shows or saves the form of the kind in the address, else of the manager's own."""
    kind = request.GET.get("kind") or manager.gateway
    if kind not in SETTINGS_OF:
        raise Http404
    stored, is_readable = _stored(manager)
    if kind != manager.gateway:
        stored = {}
    data = request.POST if request.method == "POST" else None
    form = GatewaySettingsForm(data, kind, stored)
    if data is not None and form.is_valid():
        _save(page, request, manager, form)
        url = reverse("admin:managers_manager_change", args=[manager.pk])
        return HttpResponseRedirect(url)
    context = {
        **page.admin_site.each_context(request),
        "title": _("Gateway of %s") % manager.name,
        "opts": page.opts,
        "original": manager,
        "form": form,
        "is_readable": is_readable,
        "kinds": [
            {
                "value": value,
                "label": label,
                "is_shown": value == kind,
                "is_present": value == manager.gateway,
            }
            for value, label in Manager.Gateway.choices
        ],
        "replaces": kind != manager.gateway,
    }
    response = TemplateResponse(
        request, "admin/managers/manager/gateway_settings.html", context
    )
    response["Cache-Control"] = "no-store"
    return response


def _stored(manager: Manager) -> tuple[dict[str, str], bool]:
    """Returns the stored settings, and whether a key of the installation decrypts them."""
    columns = Manager.objects.values_list("gateway_settings", flat=True)
    try:
        options = json.loads(columns.get(pk=manager.pk) or "{}")
    except ImproperlyConfigured:
        return {}, False
    except ValueError:
        options = {}
    if not isinstance(options, dict):
        options = {}
    known = {str(key): str(each) for key, each in options.items() if each is not None}
    return known, True


def _account_change(
    manager: Manager, form: GatewaySettingsForm, settings: dict[str, str]
) -> AccountChange | None:
    """Returns the change of the account, or None if only a secret is renewed."""
    fields = SETTINGS_OF[form.kind]
    shown = {f.key: settings.get(f.key, "") for f in fields if f.kind != "secret"}
    changed = {
        key: value
        for key, value in shown.items()
        if value != form.stored.get(key, "") or form.kind != manager.gateway
    }
    lost = [
        key for key, value in form.stored.items() if value and not settings.get(key)
    ]
    if not (changed or lost or form.kind != manager.gateway):
        return None
    return AccountChange(
        manager,
        [Channel.WHATSAPP.value],
        _("Change the gateway of the number"),
        values_to_retype({f.key: f.label for f in fields}, changed),
        frozenset(f.key for f in fields if f.kind == "secret"),
    )


def _save(
    page: TenantAdmin, request: HttpRequest, manager: Manager, form: GatewaySettingsForm
) -> None:
    settings = form.settings()
    change = _account_change(manager, form, settings)
    manager.gateway = form.kind
    manager.gateway_settings = (
        json.dumps(settings, ensure_ascii=False) if settings else ""
    )
    with transaction.atomic():
        settle = None
        if change is not None and has_activity(change):
            settle = ask_about_account(page, request, change)
        manager.save(update_fields=["gateway", "gateway_settings"])
        if settle is not None:
            settle()
        page.log_change(request, manager, _("Gateway settings changed."))
    page.message_user(request, _("The gateway settings were saved."), messages.SUCCESS)
