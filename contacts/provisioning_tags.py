"""The list of tags in a provisioning file."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from areas.provisioning.lists import CodedList
from contacts.models import Tag
from hci_center.api.parsers import WrongValueError, parse_text

DEFAULT_COLOUR = "#64748b"
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def _parse_colour(value: Any) -> str:
    colour = parse_text(value, 32).lower()
    if not _COLOUR.fullmatch(colour):
        raise WrongValueError(_("Write a colour like #64748b."))
    return colour


TAGS = CodedList(Tag, {"colour": ("colour", _parse_colour, DEFAULT_COLOUR)})
