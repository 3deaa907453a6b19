"""Saves the lists of a provisioning file, such as reasons; items are matched by code.

Each list is a section (`list_section`), including those of other apps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from django.db import models
from django.utils.translation import gettext as _

from areas.codes import areas_by_code
from areas.models import ClosingReason, PauseReason, TransferReason
from areas.provisioning.fields import AsGiven
from areas.provisioning.registry import Section, Values
from areas.rules.hours import Problems
from hci_center.api.parsers import WrongValueError, parse_integer, parse_text
from hci_center.errors import InvalidError
from managers.models import Manager

# A field's name, its column, its parser and its default.
Spec = tuple[str, str, Callable[[Any], Any], Any]

MOST_ITEMS = 200
_CODE = re.compile(r"[a-z0-9_-]{1,32}")
# A day, the longest expected pause.
MOST_MINUTES = 1440


class ItemList(Protocol):
    """A list of a manager in the file."""

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        """Returns the columns of an item, or None if any is wrong."""

    def name_of(self, columns: Values) -> str:
        """Returns the unique key of an item."""

    def save(self, manager: Manager, columns: Values) -> None:
        """Creates or changes the row of an item."""

    def printed(self, manager: Manager) -> list[Values]:
        """Returns the items in the file's format."""


@dataclass(frozen=True, slots=True)
class CodedList:
    """A list whose rows have a code, a name, and further fields.

    A field has its column, its parser and its default.
    """

    model: type[models.Model]
    more: Mapping[str, tuple[str, Callable[[Any], Any], Any]] = field(
        default_factory=dict
    )

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        parsers: list[Spec] = [
            ("code", "code", parse_code, None),
            ("name", "name", partial(parse_text, longest=60), None),
            *((name, *spec) for name, spec in self.more.items()),
        ]
        return read_item(item, parsers, place, problems)

    def name_of(self, columns: Values) -> str:
        return str(columns["code"])

    def save(self, manager: Manager, columns: Values) -> None:
        """Saves the row and activates it."""
        row = self.model._default_manager.filter(
            manager=manager, code=columns["code"]
        ).first()
        save_row(row, self.model, {"manager": manager, **columns, "is_active": True})

    def printed(self, manager: Manager) -> list[Values]:
        found = self.model._default_manager.filter(manager=manager, is_active=True)
        rows: list[Any] = list(found.order_by("pk"))
        return [
            {"code": row.code, "name": row.name}
            | {name: getattr(row, column) for name, (column, _, _) in self.more.items()}
            for row in rows
        ]


def area_parser(manager: Manager) -> Callable[[Any], int]:
    """Returns a parser of the codes of the manager's areas; it returns their ids."""
    codes = areas_by_code(manager.pk)

    def area_id(value: Any) -> int:
        code = parse_text(value, 64)
        if code not in codes:
            raise WrongValueError(_("The manager has no area %s.") % code)
        return codes[code]

    return area_id


class ClosingReasonList:
    """Closing reasons, each for all areas or for one, given by its code."""

    def read(
        self, manager: Manager, item: Any, place: str, problems: Problems
    ) -> Values | None:
        """Returns the columns of a reason, or None if any is wrong."""
        reasons = CodedList(
            ClosingReason, {"area": ("area_id", area_parser(manager), 0)}
        )
        columns = reasons.read(manager, item, place, problems)
        # 0 means no area.
        return columns and columns | {"area_id": columns["area_id"] or None}

    def name_of(self, columns: Values) -> str:
        return str(columns["code"])

    def save(self, manager: Manager, columns: Values) -> None:
        """Saves the reason and activates it."""
        CodedList(ClosingReason).save(manager, columns)

    def printed(self, manager: Manager) -> list[Values]:
        """Returns the active reasons."""
        rows = ClosingReason.objects.filter(manager=manager, is_active=True)
        return [
            {"code": row.code, "name": row.name, "area": row.area and row.area.code}
            for row in rows.select_related("area").order_by("pk")
        ]


LISTS: Mapping[str, ItemList] = {
    "pauseReasons": CodedList(
        PauseReason,
        {"minutes": ("minutes", partial(parse_integer, least=0, most=MOST_MINUTES), 0)},
    ),
    "closingReasons": ClosingReasonList(),
    "transferReasons": CodedList(TransferReason),
}


def list_section(key: str, item_list: ItemList) -> Section:
    """Returns the section of a list; it saves the given items and deletes none."""

    def apply(manager: Manager, given: Values, location: str) -> None:
        problems: Problems = {}
        if given.get(key) is not None:
            _save_list(item_list, manager, given[key], f"{location}.{key}", problems)
        if problems:
            raise InvalidError(problems)

    def show(manager: Manager, shape: Values) -> None:
        if items := item_list.printed(manager):
            shape[key] = items

    return Section(key, apply, show, manager={key: AsGiven()})


def _save_list(
    item_list: ItemList, manager: Manager, given: Any, place: str, problems: Problems
) -> None:
    """Saves the items, unless there are duplicates; adds errors by position."""
    if not isinstance(given, list) or len(given) > MOST_ITEMS:
        problems[place] = [_("This must be a list of at most %d.") % MOST_ITEMS]
        return
    read = [
        item_list.read(manager, item, f"{place}[{n}]", problems)
        for n, item in enumerate(given)
    ]
    names = [item_list.name_of(columns) for columns in read if columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems[place] = [_("%s is there twice.") % name]
    for columns in read:
        if columns and place not in problems:
            item_list.save(manager, columns)


def read_item(
    item: Any, parsers: list[Spec], place: str, problems: Problems
) -> Values | None:
    """Returns the columns of an item, or None if any is wrong.

    Each field has its name, its column, its parser and its default; None: it is
    required.
    """
    if not isinstance(item, dict):
        problems[place] = [_("This must be an object.")]
        return None
    found: Problems = {
        f"{place}.{name}": [_("There is no such field.")]
        for name in map(str, item.keys() - {name for name, *_rest in parsers})
    }
    columns: Values = {}
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


def save_row(row: Any, model: type[models.Model], values: Values) -> None:
    """Creates the row, or updates changed columns of the existing one."""
    if row is None:
        model._default_manager.create(**values)
    elif any(getattr(row, name) != value for name, value in values.items()):
        model._default_manager.filter(pk=row.pk).update(**values)


def parse_code(value: Any) -> str:
    text = parse_text(value, 32)
    if not _CODE.fullmatch(text):
        raise WrongValueError(
            _("A code has small letters, digits, - and _, 32 at most.")
        )
    return text
