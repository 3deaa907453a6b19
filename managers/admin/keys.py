"""Creates, shows and revokes API keys; a key is shown only once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hci_center.audit.recording import record
from managers import keys
from managers.admin.autocompletes import AutocompletesById
from managers.admin.columns import column, moment_column, short, tag
from managers.admin.confirm import confirm
from managers.admin.filters import yes_or_no
from managers.admin.impact import Fact, Impact, agreed, show
from managers.admin.key_filters import AccessFilter, StateFilter
from managers.admin.key_form import KeyForm, NetworksForm, OverlapForm
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import WRITE, TenantAdmin
from managers.key_calls import calls_today
from managers.models import ApiKey, Manager


@admin.register(ApiKey)
class ApiKeyAdmin(AutocompletesById, TenantAdmin):  # type: ignore[misc]
    """API keys, for administrators only; a key's managers are fixed at creation."""

    logged_by_name = True
    manager_lookup = "managers"
    supervisors_may = frozenset()
    administrators_may = WRITE
    unread_columns = ("digest",)

    list_display = [
        "name",
        "prefix",
        "reaches",
        "secrets",
        "access",
        "state",
        "last_used",
        "expires",
    ]
    list_filter = [
        StateFilter,
        AccessFilter,
        yes_or_no("secrets", gettext_lazy("answers page tokens")),
    ]
    search_fields = ["name", "prefix"]
    ordering = ["-created_at"]
    autocomplete_fields = ["managers"]
    actions = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        rows: QuerySet[ApiKey] = super().get_queryset(request)
        names = Manager.objects.only("name")
        return rows.prefetch_related(Prefetch("managers", names))

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        kwargs["form"] = KeyForm if obj is None else NetworksForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return list(KeyForm.Meta.fields)
        fields = ["name", "prefix", "reaches", "secrets", "per_minute", "networks"]
        first = ["exposed"] if obj.is_exposed and obj.is_live else []
        return [*first, *fields, "today", "rotation", *self._timestamps]

    _timestamps = ("created_at", "last_used_at", "expires_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = ["exposed", "name", "prefix", "reaches", "secrets", "today"]
        return [*fixed, "rotation", *self._timestamps]

    last_used = moment_column("last_used_at", gettext_lazy("Last used"))
    expires = moment_column("expires_at", gettext_lazy("Expires"))

    @column(gettext_lazy("Managers"))
    def reaches(self, key: ApiKey) -> str:
        if key.all_managers:
            return _("all managers")
        return ", ".join(sorted(manager.name for manager in key.managers.all()))

    @column(gettext_lazy("Access"))
    def access(self, key: ApiKey) -> str:
        if key.by_address:
            return tag("bad", _("by address alone"))
        return tag("bad", _("in the path")) if key.in_path else ""

    @column(gettext_lazy("Danger"))
    def exposed(self, key: ApiKey) -> str:
        """The risk of a key that can be used without a header."""
        if key.by_address:
            danger = _(
                "It has no secret: every program on the machines of these networks, and "
                "whoever gets one of their addresses, is this integration."
            )
        else:
            danger = _(
                "The key may stand in an address, which programs and proxies write to "
                "their logs. Whoever reads it there, in these networks, can use it."
            )
        remedy = _("Give the client a header or user-info instead, then revoke this.")
        return format_html(
            '<div class="bo-panel bo-alarm" role="alert">{} {}</div>', danger, remedy
        )

    @column(gettext_lazy("Calls today"))
    def today(self, key: ApiKey) -> int:
        return calls_today(key.pk)

    @column(gettext_lazy("State"))
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return tag("bad", _("revoked"))
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return tag("warn", _("expired"))
        return tag("good", _("live"))

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        try:
            row, key = _make(obj, form.cleaned_data)
        except (keys.KeyNameTakenError, keys.AddressTakenError) as error:
            raise IntegrityError from error
        obj.pk, obj.prefix = row.pk, row.prefix
        obj._state.adding = False
        # For the response to this request, which is the only one that shows it.
        request.made_key = key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        key: str = request.made_key  # type: ignore[attr-defined]
        if key:
            return self._show(request, obj, key)
        return super().response_add(request, obj, post_url_continue)

    def get_urls(self) -> list[Any]:
        own = path(
            "<str:object_id>/rotate/",
            self.admin_site.admin_view(self.rotate_view),
            name="managers_apikey_rotate",
        )
        return [own, *super().get_urls()]

    @column(gettext_lazy("Rotation"))
    def rotation(self, key: ApiKey) -> str:
        """A link to the page that creates its successor."""
        if not key.is_live or key.by_address:
            return "-"
        url = reverse("admin:managers_apikey_rotate", args=[key.pk])
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', url, _("Replace it by a new key")
        )

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks how long the old key remains valid, and shows the new one once."""
        key = self.get_object(request, object_id) if is_row_id(object_id) else None
        if key is None or not key.is_live or key.by_address:
            raise Http404
        if not self.has_change_permission(request, key):
            raise PermissionDenied
        return show_refusal(request, self._rotate, key)

    def _rotate(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        impact = Impact(
            title=_("Replace the key “%s” by a new one") % key.name,
            facts=_uses(ApiKey.objects.filter(pk=key.pk)),
            sentences=[
                _("The new key has the same name, managers, rights and limit."),
                _("The old one goes on for the days that you choose, then it ends."),
            ],
            make_form=OverlapForm,
        )
        if request.method != "POST":
            return show(self, request, impact)
        with transaction.atomic():
            days = agreed(self, request, impact).cleaned_data["days"]
            ends_at = timezone.now() + timedelta(days=days)
            try:
                made = keys.rotate_key(key.pk, ends_at)
            except ApiKey.DoesNotExist as error:
                raise Http404 from error
            new = ApiKey.objects.get(prefix=made[4:12])
            self.log_change(request, new, _("Replaced."))
        return self._show(request, new, made)

    def _show(self, request: HttpRequest, obj: ApiKey, key: str) -> HttpResponse:
        """Returns the page with the key, without a redirect: it is not stored."""
        record("secret-shown", "key", obj.pk)
        page = TemplateResponse(
            request,
            "admin/managers/apikey/made.html",
            {
                **self.admin_site.each_context(request),
                "title": _("The new key"),
                "opts": self.opts,
                "made": obj,
                "key": key,
            },
        )
        page["Cache-Control"] = "no-store"
        return page

    @admin.action(
        description=gettext_lazy("Revoke the chosen keys"), permissions=["change"]
    )
    def revoke(
        self, request: HttpRequest, queryset: QuerySet[ApiKey]
    ) -> HttpResponse | None:
        # Active ones only: keys are revoked by name, and an ended key may have the name
        # of an active one that was not selected.
        live = queryset.filter(revoked_at=None)
        form = confirm(
            self,
            request,
            live,
            title=_("Revoke the keys"),
            none=_("None of these keys is live."),
            facts=lambda: _uses(live),
            sentences=[
                _("Calls with them are refused from now on, and their sockets end.")
            ],
            danger=True,
        )
        if isinstance(form, HttpResponse):
            return form
        ended = sum(keys.revoke_key(key.name) for key in live)
        message = (
            ngettext("%d key was revoked.", "%d keys were revoked.", ended) % ended
        )
        self.message_user(request, message, messages.SUCCESS)
        return None


def _make(wanted: ApiKey, chosen: dict[str, Any]) -> tuple[ApiKey, str]:
    """Creates the integration; returns it, and its key or "" if it has none.

    Raises KeyNameTakenError or AddressTakenError.
    """
    common: dict[str, Any] = {
        "managers": None if wanted.all_managers else list(chosen["managers"]),
        "expires_at": wanted.expires_at,
        "per_minute": wanted.per_minute,
    }
    networks = wanted.networks.split()
    if wanted.by_address:
        return keys.bind_address(wanted.name, networks, **common), ""
    key = keys.create_key(
        wanted.name,
        secrets_scope=wanted.secrets,
        networks=networks,
        in_path=wanted.in_path,
        **common,
    )
    return ApiKey.objects.get(prefix=key[4:12]), key


def _uses(keys: QuerySet[ApiKey]) -> list[Fact]:
    """Returns how many of the keys were used within a day, and each one's last use."""
    since = timezone.now() - timedelta(days=1)
    used = list(keys.filter(last_used_at__gte=since).order_by("-last_used_at"))
    told = [f"{key.name} ({short(key.last_used_at)})" for key in used]
    label = _("of these, used within the last day")
    ids = [key.pk for key in used]
    return [Fact("used", label, len(used), ids, note=", ".join(told), warns=True)]
