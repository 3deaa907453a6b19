"""Restricts the lookups and values in the URL of a change list.

Django lets a URL filter a list by any column of its model with any lookup: a regular
expression over millions of messages would block the database, and a value that does not
fit its column is a server error. Here a URL may only use the lookups of the list's
filters and of links on our own pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import DateField

IsValid = Callable[[str], bool]

# Always within the range of a bigint.
_ROW_ID = re.compile(r"[0-9]{1,18}")


def allowed_lookups(
    model: type[models.Model], list_filter: Iterable[Any], linked: Iterable[str]
) -> dict[str, IsValid]:
    """Returns the allowed lookups by parameter name, each with a value check.

    Raises TypeError for a filter of a column that is neither a choice, a relation nor a
    moment: its valid values are not known.
    """
    lookups: dict[str, IsValid] = dict.fromkeys(linked, _is_id_or_empty)
    for each in list_filter:
        if isinstance(each, type) and issubclass(each, SimpleListFilter):
            # It compares the value with its own choices and does not query with it.
            lookups[str(each.parameter_name)] = _is_text
            continue
        path = each if isinstance(each, str) else each[0]
        field = get_fields_from_path(model, path)[-1]
        if field.is_relation:
            remote = field.remote_field.model  # type: ignore[union-attr]
            lookups[f"{path}__{remote._meta.pk.name}__exact"] = _is_id_or_empty
        elif getattr(field, "choices", None):
            choices = {str(value) for value, _label in field.flatchoices}
            lookups[f"{path}__exact"] = (choices | {""}).__contains__
        elif isinstance(field, models.DateTimeField):
            lookups |= dict.fromkeys([f"{path}_from", f"{path}_to"], _is_day_or_empty)
        else:
            raise TypeError(f"{path}: the values of this filter are not known.")
    return lookups


def is_row_id(value: str) -> bool:
    """Returns whether the value can be a primary key."""
    return _ROW_ID.fullmatch(value) is not None


def _is_id_or_empty(value: str) -> bool:
    """Also accepts an empty value, which a filter form sends without a choice."""
    return not value or is_row_id(value)


def _is_day_or_empty(value: str) -> bool:
    try:
        DateField(required=False).clean(value)
    except ValidationError:
        return False
    return True


def _is_text(_value: str) -> bool:
    return True
