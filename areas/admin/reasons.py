"""Admin pages of the reasons for which chats are closed and contacts handed over."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import ClosingReason, TransferReason
from areas.naming import normalize_area_text
from managers.admin.columns import column
from managers.admin.filters import TenantFilter, yes_or_no
from managers.admin.tenant import WRITE, TenantAdmin

_CODE = re.compile(r"[a-z0-9_-]{1,32}")
CODE_HELP = gettext_lazy(
    "What programs and the ledger call it: a-z, 0-9, _ and -; it can never be changed."
)
ACTIVE_HELP = gettext_lazy("Without it, it is offered no more; the past keeps it.")


class CodedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of an item of a manager's list, whose code never changes."""

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if not _CODE.fullmatch(code):
            raise forms.ValidationError(
                _("A code has small letters, digits, - and _, 32 at most.")
            )
        return code

    def clean_name(self) -> str:
        name = normalize_area_text(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("This contains only blanks."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        area = cleaned.get("area")
        if area is not None and area.manager != manager:
            self.add_error("area", _("Choose an area of this manager."))
        rows = type(self.instance)._default_manager.filter(manager=manager)
        rows = rows.exclude(pk=self.instance.pk or 0)
        if "code" in cleaned and rows.filter(code=cleaned["code"]).exists():
            self.add_error("code", _("This manager's list has this code already."))
        return cleaned


class CodedAdmin(TenantAdmin):
    """A list of a manager. Items are deactivated, not deleted: the ledger has them."""

    logged_by_name = True
    supervisors_may = WRITE
    administrators_may = WRITE

    list_display = ["name", "code", "manager", "is_active"]
    list_filter = [
        ("manager", TenantFilter),
        yes_or_no("is_active", gettext_lazy("active")),
    ]
    list_select_related = ["manager"]
    search_fields = ["name", "code"]
    ordering = ["manager__name", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["manager", "code"]


class ClosingReasonForm(CodedForm):
    class Meta:
        model = ClosingReason
        fields = ["manager", "area", "code", "name", "is_active"]
        help_texts = {
            "area": gettext_lazy("The only area that offers it. Empty: all areas."),
            "code": CODE_HELP,
            "name": gettext_lazy("What operators choose when they close a chat."),
            "is_active": ACTIVE_HELP,
        }


class TransferReasonForm(CodedForm):
    class Meta:
        model = TransferReason
        fields = ["manager", "code", "name", "is_active"]
        help_texts = {
            "code": CODE_HELP,
            "name": gettext_lazy(
                "What operators choose when they hand a contact to somebody else."
            ),
            "is_active": ACTIVE_HELP,
        }


@admin.register(ClosingReason)
class ClosingReasonAdmin(CodedAdmin):
    """Closing reasons; the rules of the area say whether one must be given."""

    form = ClosingReasonForm
    list_display = ["name", "code", "manager", "of_area", "is_active"]
    list_filter = [
        ("manager", TenantFilter),
        ("area", TenantFilter),
        yes_or_no("is_active", gettext_lazy("active")),
    ]
    list_select_related = ["manager", "area"]

    @column(gettext_lazy("Area"), ordering="area__name")
    def of_area(self, reason: ClosingReason) -> str:
        return reason.area.name if reason.area else _("All")


@admin.register(TransferReason)
class TransferReasonAdmin(CodedAdmin):
    """Transfer reasons; the rules of the area say whether one must be given."""

    form = TransferReasonForm
