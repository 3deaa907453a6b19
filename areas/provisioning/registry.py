"""The registry of sections that apps add to provisioning files.

An app registers its sections in a module named `provisioning_sections`, which is
imported before a file is read. So chats can add keys although areas do not import it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.module_loading import autodiscover_modules
from rest_framework import serializers

from managers.models import Manager

Values = dict[str, Any]
Fields = Mapping[str, serializers.Field[Any, Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """A set of keys that an app parses, saves and prints.

    `manager`, `area` and `operator` are the fields that it adds to each of these in the
    file; an absent key has no value. `apply` is called in the transaction that saves
    the file, after the manager, its areas and its people are saved, with the manager's
    values (including its areas and operators) and its position in the file. It raises
    InvalidError with sentences by position. `show` adds to the manager's output.
    """

    name: str
    apply: Callable[[Manager, Values, str], None]
    show: Callable[[Manager, Values], None]
    manager: Fields = field(default_factory=dict)
    area: Fields = field(default_factory=dict)
    operator: Fields = field(default_factory=dict)

    def fields(self, level: str) -> Values:
        """Returns copies of the fields that the section adds to a level."""
        return copy.deepcopy(dict(getattr(self, level)))


_SECTIONS: dict[str, Section] = {}


def register(*added: Section) -> None:
    """Adds sections; one replaces an earlier one of its name."""
    _SECTIONS.update({section.name: section for section in added})


def sections() -> list[Section]:
    """Returns the sections of all apps, in the order in which they are applied.

    That is the order of INSTALLED_APPS, in which each app follows those it imports.
    """
    autodiscover_modules("provisioning_sections")
    return list(_SECTIONS.values())
