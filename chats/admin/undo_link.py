"""The message about a change that can be undone for a few minutes."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chats.models import Rehoming


def offer_to_undo(sentence: str, changes: Sequence[Rehoming]) -> SafeString:
    """Returns the sentence with a link to each change's page that undoes it."""
    text = format_html("{}", sentence)
    for change in changes:
        url = reverse("admin:chats_rehoming_undo", args=[change.pk])
        link = format_html('<a class="bo-link" href="{}">{}</a>', url, _("Undo"))
        text = format_html("{} {}", text, link)
    return text
