"""Which look-ups the address of a list may ask for, and with which values.

Django lets an address filter a list by any column of its model, with any look-up: a
regular expression over millions of messages stops the database, and a value that its
column cannot hold is a server error. Here an address may ask for what a filter of the
list asks for, and for what a link of our own pages does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db import models

IsValid = Callable[[str], bool]

# What a bigint surely holds.
_ROW_ID = re.compile(r"[0-9]{1,18}")


def allowed_lookups(
    model: type[models.Model], list_filter: Iterable[Any], linked: Iterable[str]
) -> dict[str, IsValid]:
    """Each look-up by its name in the address, with the test of its values.

    Raises TypeError for a filter of a column that is neither a choice nor a relation:
    nothing is known of the values it takes.
    """
    lookups: dict[str, IsValid] = dict.fromkeys(linked, _is_id_or_empty)
    for each in list_filter:
        if isinstance(each, type) and issubclass(each, SimpleListFilter):
            # It compares the value with its own choices and never queries with it.
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
        else:
            raise TypeError(f"{path}: the values of this filter are not known.")
    return lookups


def is_row_id(value: str) -> bool:
    """Whether it can be the primary key of a row."""
    return _ROW_ID.fullmatch(value) is not None


def _is_id_or_empty(value: str) -> bool:
    """A form of filters without a choice sends an empty one."""
    return not value or is_row_id(value)


def _is_text(_value: str) -> bool:
    return True
