"""Creates, shows and revokes API keys; a key is shown only once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from hci_center.audit.recording import record
from managers import keys
from managers.admin.columns import column, moment_column, short, tag
from managers.admin.confirm import confirm
from managers.admin.filters import ChoiceFilter, yes_or_no
from managers.admin.impact import ANSWERS, Fact, Impact, agreed, show
from managers.admin.lookups import is_row_id
from managers.admin.refusals import show_refusal
from managers.admin.tenant import WRITE, TenantAdmin
from managers.models import ApiKey, Manager


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiKey
        fields = [
            "name",
            "all_managers",
            "managers",
            "secrets",
            "per_minute",
            "expires_at",
        ]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ApiKey.objects.live().filter(name=name).exists():
            raise forms.ValidationError(
                _("A live key bears this name: choose another, then end the old one.")
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "all_managers" in cleaned and "managers" in cleaned:
            chosen = bool(cleaned["managers"])
            if cleaned["all_managers"] and chosen:
                self.add_error(
                    "managers", _("Choose some managers or all of them, not both.")
                )
            elif not cleaned["all_managers"] and not chosen:
                self.add_error("managers", _("Choose managers, or all of them."))
        return cleaned


class OverlapForm(forms.Form):
    """How long an old key goes on beside its successor."""

    days = forms.IntegerField(
        label=gettext_lazy("Days until the old key ends"),
        min_value=0,
        max_value=90,
        initial=7,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("0 ends it now."),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, prefix=ANSWERS)


class StateFilter(ChoiceFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("live")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ended = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
        if self.value() == "live":
            return queryset.exclude(ended)
        return queryset.filter(ended) if self.value() == "ended" else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
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
        "state",
        "last_used",
        "expires",
    ]
    list_filter = [
        StateFilter,
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
        if obj is None:
            kwargs["form"] = KeyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return list(KeyForm.Meta.fields)
        fields = ["name", "prefix", "reaches", "secrets", "per_minute"]
        return [*fields, "rotation", *self._timestamps]

    _timestamps = ("created_at", "last_used_at", "expires_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return []
        fixed = ["name", "prefix", "reaches", "secrets", "rotation"]
        return [*fixed, *self._timestamps]

    last_used = moment_column("last_used_at", gettext_lazy("Last used"))
    expires = moment_column("expires_at", gettext_lazy("Expires"))

    @column(gettext_lazy("Managers"))
    def reaches(self, key: ApiKey) -> str:
        if key.all_managers:
            return _("all managers")
        return ", ".join(sorted(manager.name for manager in key.managers.all()))

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
        chosen = form.cleaned_data
        try:
            key = keys.create_key(
                obj.name,
                managers=None if obj.all_managers else list(chosen["managers"]),
                secrets_scope=obj.secrets,
                expires_at=obj.expires_at,
                per_minute=obj.per_minute,
            )
        except keys.KeyNameTakenError as error:
            raise IntegrityError from error
        row = ApiKey.objects.get(prefix=key[4:12])
        obj.pk, obj.prefix = row.pk, row.prefix
        obj._state.adding = False
        # For the response to this request, the only one that shows it.
        request.made_key = key  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show(request, obj, request.made_key)  # type: ignore[attr-defined]

    def get_urls(self) -> list[Any]:
        own = path(
            "<str:object_id>/rotate/",
            self.admin_site.admin_view(self.rotate_view),
            name="managers_apikey_rotate",
        )
        return [own, *super().get_urls()]

    @column(gettext_lazy("Rotation"))
    def rotation(self, key: ApiKey) -> str:
        """A link to the page that makes its successor."""
        if not key.is_live:
            return "-"
        url = reverse("admin:managers_apikey_rotate", args=[key.pk])
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', url, _("Replace it by a new key")
        )

    def rotate_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks how long the old key goes on, and shows the new one once."""
        key = self.get_object(request, object_id) if is_row_id(object_id) else None
        if key is None or not key.is_live:
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
        # By name: an ended key may have the name of a live one that was not chosen.
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


def _uses(keys: QuerySet[ApiKey]) -> list[Fact]:
    """Returns how many of the keys were used within a day, and each one's last use."""
    since = timezone.now() - timedelta(days=1)
    used = list(keys.filter(last_used_at__gte=since).order_by("-last_used_at"))
    told = [f"{key.name} ({short(key.last_used_at)})" for key in used]
    label = _("of these, used within the last day")
    ids = [key.pk for key in used]
    return [Fact("used", label, len(used), ids, note=", ".join(told), warns=True)]
