"""Admin pages of the tags that operators put on contacts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from areas.admin.reasons import ACTIVE_HELP, CODE_HELP, CodedAdmin, CodedForm
from contacts.models import Tag
from managers.admin.columns import column


class TagForm(CodedForm):
    colour = forms.RegexField(
        r"^#[0-9A-Fa-f]{6}$",
        label=gettext_lazy("Colour"),
        initial="#64748b",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "color"}),
        help_text=gettext_lazy("Of its label in the list of chats."),
        error_messages={"invalid": gettext_lazy("Write a colour like #64748b.")},
    )

    class Meta:
        model = Tag
        fields = ["manager", "code", "name", "colour", "is_active"]
        help_texts = {
            "code": CODE_HELP,
            "name": gettext_lazy("What operators see on the contact."),
            "is_active": ACTIVE_HELP,
        }

    def clean_colour(self) -> str:
        colour: str = self.cleaned_data["colour"]
        return colour.lower()


@admin.register(Tag)
class TagAdmin(CodedAdmin):
    """Labels of contacts."""

    form = TagForm
    list_display = ["name", "code", "manager", "shown_colour", "used", "is_active"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        rows: QuerySet[Tag] = super().get_queryset(request)
        return rows.annotate(used_by=Count("taggings"))

    @column(gettext_lazy("Colour"))
    def shown_colour(self, tag: Tag) -> str:
        # Drawn with SVG attributes, because the content policy allows no inline style.
        return format_html(
            '<svg width="16" height="16" role="img" aria-label="{0}">'
            '<rect width="16" height="16" rx="4" fill="{0}"/></svg>',
            tag.colour,
        )

    @column(gettext_lazy("Contacts"), ordering="used_by")
    def used(self, tag: Any) -> str:
        return str(tag.used_by)
