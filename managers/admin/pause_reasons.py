"""The list of pause reasons on a manager's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from areas.models import PauseReason
from areas.naming import normalize_area_text
from managers.admin.tenant import caller_behind


class PauseReasonForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = PauseReason
        fields = ["code", "name", "minutes", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The history of pauses refers to reasons by code.
        self.fields["code"].disabled = self.instance.pk is not None

    def clean_code(self) -> str:
        code = self._normalized("code")
        others = PauseReason.objects.filter(manager=self.instance.manager_id, code=code)
        if others.exclude(pk=self.instance.pk or 0).exists():
            raise forms.ValidationError(_("Another pause reason has this code."))
        return code

    def clean_name(self) -> str:
        return self._normalized("name")

    def _normalized(self, field: str) -> str:
        text = normalize_area_text(self.cleaned_data[field])
        if not text:
            raise forms.ValidationError(_("This contains only blanks."))
        return text


class PauseReasonInline(TabularInline):
    """Reasons are deactivated, never deleted: past pauses refer to them."""

    model = PauseReason
    form = PauseReasonForm
    extra = 0
    can_delete = False
    verbose_name_plural = gettext_lazy(
        "Pause reasons: with any active one here, an operator who pauses chooses one"
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
