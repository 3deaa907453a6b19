"""Admin pages of quick replies; operators' own are read-only."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Operator
from chats.inbox.reply_saving import drop_unused_files
from chats.models import Reply
from chats.rules.texts import VARIABLES
from managers.admin.columns import column
from managers.admin.filters import TenantFilter
from managers.admin.impact import Fact, Impact
from managers.admin.tenant import ALL, TenantAdmin

_SHORTCUT = re.compile(r"[a-z0-9_-]{1,32}")
_LONGEST = 4096


class ReplyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Reply
        fields = ["manager", "area", "shortcut", "title", "text"]
        help_texts = {
            "area": gettext_lazy(
                "Empty: all areas. Of one shortcut, an area's own beats the manager's."
            ),
            "shortcut": gettext_lazy(
                "What operators type after a slash: a-z, 0-9, _ and -."
            ),
            "title": gettext_lazy("What the list of quick replies shows beside it."),
            "text": gettext_lazy("Variables are filled when it is used: %s.")
            % ", ".join(f"{{{name}}}" for name in VARIABLES),
        }

    def clean_shortcut(self) -> str:
        shortcut: str = self.cleaned_data["shortcut"]
        if not _SHORTCUT.fullmatch(shortcut):
            raise forms.ValidationError(
                _("A shortcut has 1 to 32 of a-z, 0-9, _ and -.")
            )
        return shortcut

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip() and self.instance.file_id is None:
            raise forms.ValidationError(_("A quick reply needs a text or a file."))
        if len(text) > _LONGEST:
            raise forms.ValidationError(
                _("This is longer than %d characters.") % _LONGEST
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        manager = cleaned.get("manager") or getattr(self.instance, "manager", None)
        area = cleaned.get("area")
        if area is not None and area.manager != manager:
            self.add_error("area", _("Choose an area of this manager."))
        rows = Reply.objects.filter(manager=manager, area=area, operator=None)
        rows = rows.exclude(pk=self.instance.pk or 0)
        if "shortcut" in cleaned and rows.filter(shortcut=cleaned["shortcut"]).exists():
            self.add_error("shortcut", _("This shortcut is in the list already."))
        return cleaned


@admin.register(Reply)
class ReplyAdmin(TenantAdmin):
    """Supervisors edit those of managers and areas; operators' own are read-only."""

    logged_by_name = True
    supervisors_may = ALL
    administrators_may = ALL
    form = ReplyForm

    list_display = ["shortcut", "title", "manager", "of_whom", "has_file"]
    list_filter = [
        ("manager", TenantFilter),
        ("area", TenantFilter),
        ("operator", TenantFilter),
    ]
    list_select_related = ["manager", "area", "operator", "file"]
    search_fields = ["shortcut", "title", "text"]
    ordering = ["manager__name", "shortcut", "pk"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["manager", "area", "shortcut", "title", "text"]
        if obj is None:
            return fields
        if obj.operator_id is not None:
            fields[1] = "operator"
        return [*fields, "has_file"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["manager", "operator", "has_file"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbids changing an operator's own."""
        is_shared = obj is None or obj.operator_id is None
        return is_shared and super().has_change_permission(request, obj)

    @column(gettext_lazy("Of whom"))
    def of_whom(self, reply: Reply) -> str:
        owner = reply.operator or reply.area
        return owner.name if owner else _("All")

    @column(gettext_lazy("File"))
    def has_file(self, reply: Reply) -> str | None:
        return None if reply.file is None else reply.file.name or reply.file.mime

    def impact_of_deleting(self, request: HttpRequest, obj: Reply) -> Impact:
        people = Operator.objects.active().filter(manager=obj.manager_id)
        if obj.operator_id is not None:
            people = people.filter(pk=obj.operator_id)
        elif obj.area_id is not None:
            people = people.filter(areas=obj.area_id)
        return Impact(
            title=_("Delete the quick reply"),
            facts=[Fact("operators", _("Operators who have it"), people.count())],
            sentences=[_("It leaves their lists. Messages sent with it stay.")],
            rows=[obj],
            danger=True,
        )

    def delete_model(self, request: HttpRequest, obj: Reply) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            drop_unused_files(obj.manager_id)
