"""Labels of message types in the back-office."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TYPES: dict[str, Promise] = {
    "text": _("Text"),
    "image": _("Image"),
    "audio": _("Audio"),
    "video": _("Video"),
    "pdf": _("PDF"),
    "file": _("File"),
    "template": _("Template"),
    "location": _("Location"),
    "contacts": _("Contacts"),
    "call": _("Call"),
}


def type_label(kind: str) -> str:
    """Returns the label of a type, or the type itself if only its gateway knows it."""
    return str(TYPES.get(kind, kind))
