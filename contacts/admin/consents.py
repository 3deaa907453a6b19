"""The consents on a contact's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from contacts.models import Consent
from managers.admin.tenant import caller_behind


class ConsentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Consent
        fields = ["purpose", "given_at", "revoked_at", "how", "wording"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            return
        # Recorded consents can only be revoked.
        for name, field in self.fields.items():
            field.disabled = (
                name != "revoked_at" or self.instance.revoked_at is not None
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        given, revoked = data.get("given_at"), data.get("revoked_at")
        if given is None and revoked is None and not self.errors:
            raise forms.ValidationError(_("Say when it was given or revoked."))
        if given is not None and revoked is not None and revoked < given:
            self.add_error("revoked_at", _("It was given later than that."))
        for name, moment in (("given_at", given), ("revoked_at", revoked)):
            if moment is not None and moment > timezone.now():
                self.add_error(name, _("This is in the future."))
        return data


class ConsentFormSet(PaginationInlineFormSet):
    def clean(self) -> None:
        super().clean()
        in_force: set[str] = set()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            purpose = data.get("purpose")
            if not purpose or data.get("revoked_at") is not None:
                continue
            if purpose in in_force:
                sentence = _("It is given already: revoke it before it is given again.")
                form.add_error("purpose", sentence)
            in_force.add(purpose)


class ConsentInline(TabularInline):
    """Consents are added and revoked, never changed or deleted."""

    model = Consent
    form = ConsentForm
    formset = ConsentFormSet
    extra = 0
    can_delete = False
    fields = ["purpose", "given_at", "revoked_at", "how", "wording", "by"]
    readonly_fields = ["by"]
    verbose_name_plural = gettext_lazy(
        "Consents: without a row it is not given; after a revocation no marketing is sent"
    )

    def _may(self, request: HttpRequest) -> bool:
        # Restricted by the page that contains it.
        return caller_behind(request).role in ("supervisor", "administrator")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
