"""Choices of rows that belong to a manager, filtered by the form's chosen manager.

Each choice has its manager in its label and, for `narrow-choices.js`, in an attribute.
The script hides those of other managers; without it the label distinguishes them. The
form always refuses a choice of another manager.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from managers.admin.many_options import ManyOptions

SCRIPT = "narrow-choices.js"


def has_manager(model: type[Model]) -> bool:
    """Returns whether each row of the model belongs to a manager."""
    return any(field.name == "manager" for field in model._meta.concrete_fields)


def _manager_of(value: Any) -> int | None:
    """Returns the manager of a choice; None for the empty one."""
    row = getattr(value, "instance", None)
    return getattr(row, "manager_id", None)


class NarrowedSelect(ManyOptions):
    class Media:
        js = (SCRIPT,)

    def drawn(self, chosen: Iterable[str]) -> Iterator[str]:
        for value, label in self.choices:
            manager = _manager_of(value)
            yield format_html(
                '<option value="{}"{}{}>{}</option>',
                value,
                format_html(' data-manager="{}"', manager) if manager else "",
                " selected" if str(value) in chosen else "",
                label,
            )


class NarrowedCheckboxes(UnfoldAdminCheckboxSelectMultipleWidget):
    class Media:
        js = (SCRIPT,)

    def create_option(self, name: str, value: Any, *more: Any, **options: Any) -> Any:
        option = super().create_option(name, value, *more, **options)
        option["attrs"]["data-manager"] = _manager_of(value)
        return option


class _Labels:
    """Labels rows by name; with the manager's name if `several_managers`."""

    several_managers = False

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.manager.name}" if self.several_managers else obj.name


class NarrowedChoice(_Labels, forms.ModelChoiceField):  # type: ignore[type-arg]
    pass


class NarrowedChoices(_Labels, forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    pass
