"""Meta's reports on the message templates of a business account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chats.gateways.events import TemplateNotice
from chats.gateways.parsing import found, text


def status_of(value: dict[str, Any]) -> TemplateNotice:
    """Returns the template's status; the reason includes any advice given."""
    reason = text(value.get("reason"))
    more = (
        found(value, "rejection_info", "reason"),
        found(value, "rejection_info", "recommendation"),
        found(value, "other_info", "description"),
        found(value, "disable_info", "disable_date"),
    )
    said = ["" if reason == "NONE" else reason, *map(text, more)]
    return replace(
        template_of(value),
        status=text(value.get("event"), longest=32),
        category=text(value.get("message_template_category"), longest=32),
        reason=". ".join(one.rstrip(".") for one in said if one),
    )


def quality_of(value: dict[str, Any]) -> TemplateNotice:
    """Returns the template's quality rating."""
    quality = text(value.get("new_quality_score"), longest=32)
    return replace(template_of(value), quality=quality)


def category_of(value: dict[str, Any]) -> TemplateNotice:
    """Returns the template's price category, and the coming one if there is one."""
    category, coming = text(value.get("new_category")), value.get("correct_category")
    shown = f"{category} → {text(coming)}" if coming else category
    return replace(template_of(value), category=shown[:32])


def template_of(value: dict[str, Any]) -> TemplateNotice:
    """Returns only the template: it was edited."""
    language = text(value.get("message_template_language"), longest=32)
    name = text(value["message_template_name"], longest=512)
    return TemplateNotice(name, language.replace("-", "_"))


TEMPLATE_FIELDS: dict[str, Callable[[dict[str, Any]], TemplateNotice]] = {
    "message_template_status_update": status_of,
    "message_template_quality_update": quality_of,
    "message_template_components_update": template_of,
    "template_category_update": category_of,
}
