"""Saves the lists of reasons of a provisioning file: of pauses, closing and transfers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from areas.hours import Problems
from areas.models import ClosingReason, PauseReason, TransferReason
from hci_center.api.parsers import WrongValueError, parse_integer, parse_text
from managers.models import Manager

Values = dict[str, Any]

MOST_ITEMS = 200
_CODE = re.compile(r"[a-z0-9_-]{1,32}")
# A day, the longest expected pause.
MOST_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class ReasonList:
    """A key of the file, the rows of its items, and their fields besides code and name.

    A field has its column, its parser and the value if it is not given.
    """

    model: type[models.Model]
    more: Mapping[str, tuple[str, Callable[[Any], Any], Any]] = field(
        default_factory=dict
    )


LISTS: Mapping[str, ReasonList] = {
    "pauseReasons": ReasonList(
        PauseReason,
        {"minutes": ("minutes", partial(parse_integer, least=0, most=MOST_MINUTES), 0)},
    ),
    "closingReasons": ReasonList(ClosingReason),
    "transferReasons": ReasonList(TransferReason),
}


def save_lists(
    manager: Manager, given: Mapping[str, Any], location: str, problems: Problems
) -> None:
    """Saves the items of each list that is given, by their code; deletes nothing.

    Adds each error to `problems` by its place.
    """
    for key, reasons in LISTS.items():
        if given.get(key) is None:
            continue
        place, items = f"{location}.{key}", given[key]
        if not isinstance(items, list) or len(items) > MOST_ITEMS:
            problems[place] = [_("This must be a list of at most %d.") % MOST_ITEMS]
            continue
        read = [
            _read(reasons, item, f"{place}[{n}]", problems)
            for n, item in enumerate(items)
        ]
        codes = [columns["code"] for columns in read if columns]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            problems[place] = [_("%s is there twice.") % code]
        for columns in read:
            if columns and place not in problems:
                _save(reasons.model, manager, columns)


def print_lists(manager: Manager) -> Values:
    """Returns the lists of the manager that have active items."""
    printed = {}
    for key, reasons in LISTS.items():
        found = reasons.model._default_manager.filter(manager=manager, is_active=True)
        rows: list[Any] = list(found.order_by("pk"))
        items = [
            {"code": row.code, "name": row.name}
            | {
                name: getattr(row, column)
                for name, (column, _, _) in reasons.more.items()
            }
            for row in rows
        ]
        if items:
            printed[key] = items
    return printed


def _read(
    reasons: ReasonList, item: Any, place: str, problems: Problems
) -> Values | None:
    """Returns the columns of an item, or None if any is wrong."""
    if not isinstance(item, dict):
        problems[place] = [_("This must be an object.")]
        return None
    known = {"code", "name", *reasons.more}
    found: Problems = {
        f"{place}.{name}": [_("There is no such field.")]
        for name in map(str, item.keys() - known)
    }
    columns: Values = {}
    parsers: list[tuple[str, str, Callable[[Any], Any], Any]] = [
        ("code", "code", _code, None),
        ("name", "name", partial(parse_text, longest=60), None),
        *((name, *spec) for name, spec in reasons.more.items()),
    ]
    for name, column, parse, default in parsers:
        value = item.get(name)
        if value in (None, ""):
            columns[column] = default
            if default is None:
                found[f"{place}.{name}"] = [_("This field is required.")]
            continue
        try:
            columns[column] = parse(value)
        except WrongValueError as error:
            found[f"{place}.{name}"] = [error.sentence]
    problems.update(found)
    return None if found else columns


def _code(value: Any) -> str:
    text = parse_text(value, 32)
    if not _CODE.fullmatch(text):
        raise WrongValueError(
            _("A code has small letters, digits, - and _, 32 at most.")
        )
    return text


def _save(model: type[models.Model], manager: Manager, columns: Values) -> None:
    """Creates or changes the row of the code, and makes it active."""
    values = columns | {"is_active": True}
    row = model._default_manager.filter(manager=manager, code=columns["code"]).first()
    if row is None:
        model._default_manager.create(manager=manager, **values)
    elif any(getattr(row, name) != value for name, value in values.items()):
        model._default_manager.filter(pk=row.pk).update(**values)
