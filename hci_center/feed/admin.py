"""Outgoing webhooks in the back-office; a secret is shown only once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from hci_center.audit.recording import record
from hci_center.feed.hooks import saving, signing, words
from hci_center.feed.hooks.target import WrongUrlError, check_url
from hci_center.feed.models import Hook
from managers.admin.columns import column, moment_column, tag
from managers.admin.tenant import ALL, TenantAdmin
from managers.models import ApiKey

KINDS = {
    "manager": gettext_lazy("Managers"),
    "area": gettext_lazy("Areas"),
    "operator": gettext_lazy("Operators"),
    "contact": gettext_lazy("Contacts"),
    "chat": gettext_lazy("Chats"),
    "message": gettext_lazy("Messages"),
    "line": gettext_lazy("Lines of the list of chats"),
    "note": gettext_lazy("Notes"),
    "survey": gettext_lazy("Surveys"),
    "schedule": gettext_lazy("Scheduled messages"),
}


class HookForm(forms.ModelForm):  # type: ignore[type-arg]
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds"),
        choices=list(KINDS.items()),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("None: the first six."),
    )

    class Meta:
        model = Hook
        fields = ["key", "url", "kinds"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            # Active keys without a webhook: each key has at most one.
            free = ApiKey.objects.live().exclude(pk__in=Hook.objects.values("key"))
            self.fields["key"].queryset = free.order_by("name")  # type: ignore[attr-defined]
            # Keys are created on their own page.
            for link in ("add", "change", "view", "delete"):
                setattr(self.fields["key"].widget, f"can_{link}_related", False)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            check_url(url)
        except WrongUrlError as error:
            raise forms.ValidationError(words.URLS[str(error)]) from error
        return url


@admin.register(Hook)
class HookAdmin(TenantAdmin):
    """Webhooks, for administrators only, as the API keys that they belong to."""

    logged_by_name = True
    manager_lookup = "key__managers"
    supervisors_may = frozenset()
    administrators_may = ALL
    unread_columns = ("secret", "old_secret")

    form = HookForm
    list_display = ["key_name", "url", "shown_state", "last", "sent", "following"]
    search_fields = ["key__name", "url"]
    ordering = ["key__name"]
    list_select_related = ["key"]
    actions = ["switch_on", "switch_off", "renew_secrets", "end_old_secrets"]

    _facts = (
        "shown_state",
        "failures",
        "failing_since",
        "tried_at",
        "next_at",
        "sent_at",
        "cursor",
        "old_secret_until",
        "created_at",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["key", "url", "kinds"]
        return fields if obj is None else [*fields, *self._facts]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["key", *self._facts]

    last = moment_column("tried_at", gettext_lazy("Last attempt"))
    sent = moment_column("sent_at", gettext_lazy("Last success"))

    @column(gettext_lazy("API key"), ordering="key__name")
    def key_name(self, hook: Hook) -> str:
        return hook.key.name

    @column(gettext_lazy("Next attempt"), ordering="next_at")
    def following(self, hook: Hook) -> str | None:
        if hook.state == Hook.State.OFF or not hook.failures:
            return None
        shown: str | None = _next_attempt(self, hook)
        return shown

    @column(gettext_lazy("State"))
    def shown_state(self, hook: Hook) -> str:
        error = words.error_words(hook.error)
        if hook.state == Hook.State.OFF:
            if hook.alarmed_at is None:
                return tag("mute", _("off"))
            return tag("bad", _("off: %s") % error)
        if not hook.key.is_live:
            return tag("warn", _("its key has ended"))
        if hook.failures:
            return tag("warn", _("fails: %s") % error)
        return tag("good", _("on"))

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: Any
    ) -> None:
        if change:
            if "url" in form.changed_data:
                saving.change_url(Hook.objects.get(pk=obj.pk), obj.url)
            if "kinds" in form.changed_data:
                saving.change_hook(Hook.objects.get(pk=obj.pk), kinds=obj.kinds)
            return
        secret = signing.new_secret()
        obj.pk = saving.create_hook(obj.key, obj.url, secret, obj.kinds).pk
        obj._state.adding = False
        # For the response to this request, the only one that shows it.
        request.made_secrets = [(obj, secret)]  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Hook, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Returns the page with the secret, without a redirect."""
        return self._secrets_page(request)

    def _secrets_page(self, request: HttpRequest) -> HttpResponse:
        for hook, _secret in request.made_secrets:  # type: ignore[attr-defined]
            record("secret-shown", "hook", hook.pk)
        page = TemplateResponse(
            request,
            "admin/feed/hook/secrets.html",
            {
                **self.admin_site.each_context(request),
                "title": _("The new secret"),
                "opts": self.opts,
                "made": request.made_secrets,  # type: ignore[attr-defined]
            },
        )
        page["Cache-Control"] = "no-store"
        return page

    @admin.action(
        description=gettext_lazy("Switch the chosen webhooks on"),
        permissions=["change"],
    )
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Hook]) -> None:
        self._switch(request, queryset, on=True)

    @admin.action(
        description=gettext_lazy("Switch the chosen webhooks off"),
        permissions=["change"],
    )
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Hook]) -> None:
        self._switch(request, queryset, on=False)

    def _switch(
        self, request: HttpRequest, queryset: QuerySet[Hook], *, on: bool
    ) -> None:
        hooks = list(queryset)
        for hook in hooks:
            saving.switch(hook, on=on)
            self.log_change(
                request, hook, _("switched on") if on else _("switched off")
            )
        self._done(request, len(hooks))

    @admin.action(
        description=gettext_lazy("Renew the secrets of the chosen webhooks"),
        permissions=["change"],
    )
    def renew_secrets(
        self, request: HttpRequest, queryset: QuerySet[Hook]
    ) -> HttpResponse:
        """Shows the new secrets; the old ones also sign for 24 hours."""
        made = [(hook, signing.new_secret()) for hook in queryset]
        for hook, secret in made:
            saving.renew_secret(hook, secret)
            self.log_change(request, hook, _("secret renewed"))
        request.made_secrets = made  # type: ignore[attr-defined]
        return self._secrets_page(request)

    @admin.action(
        description=gettext_lazy("End the old secrets of the chosen webhooks now"),
        permissions=["change"],
    )
    def end_old_secrets(self, request: HttpRequest, queryset: QuerySet[Hook]) -> None:
        hooks = list(queryset)
        for hook in hooks:
            saving.end_old_secret(hook)
            self.log_change(request, hook, _("old secret ended"))
        self._done(request, len(hooks))

    def _done(self, request: HttpRequest, count: int) -> None:
        message = ngettext(
            "%d webhook was changed.", "%d webhooks were changed.", count
        )
        self.message_user(request, message % count, messages.SUCCESS)


_next_attempt = moment_column("next_at", "")
