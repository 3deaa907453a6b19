"""Resolves the managers, areas and operators that a report's caller names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from areas.naming import spellings_of
from hci_center.callers import Caller
from hci_center.errors import (
    AreaNotFoundError,
    ManagerNotFoundError,
    OperatorNotFoundError,
)
from managers.models import Manager

_AREAS = """
SELECT id FROM areas_area WHERE manager_id = ANY(%(managers)s)
   AND (code = ANY(%(spelled)s) OR name = ANY(%(spelled)s))
"""
_OPERATOR = """
SELECT id FROM areas_operator WHERE manager_id = ANY(%(managers)s) AND id = %(operator)s
"""
_CODES = "SELECT id, code FROM areas_area WHERE manager_id = ANY(%s)"


@dataclass(slots=True)
class Managers:
    """The managers that a response covers, with the codes of their areas."""

    rows: list[Manager]
    codes: dict[int, str] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(manager.pk for manager in self.rows)

    @property
    def zone(self) -> str | None:
        """The time zone of all of them, None if they differ."""
        zones = {manager.time_zone for manager in self.rows}
        return zones.pop() if len(zones) == 1 else None

    def todays(self, now: datetime) -> dict[int, date]:
        """The current date of each, in its own time zone."""
        return current_dates(self.rows, now)

    def name(self, manager_id: int) -> int | str | None:
        """The number or page by which the feed names the manager."""
        for row in self.rows:
            if row.pk == manager_id:
                return row.facebook_id if row.number is None else row.number
        return None


def current_dates(managers: Iterable[Manager], now: datetime) -> dict[int, date]:
    """Returns the current date of each manager, in its own time zone."""
    return {row.pk: now.astimezone(ZoneInfo(row.time_zone)).date() for row in managers}


def find_managers(caller: Caller, manager_id: int | None) -> Managers:
    """Returns one manager, or all that the caller may access.

    Raises ManagerNotFoundError.
    """
    visible = Manager.objects.visible_to(caller)
    if manager_id is not None:
        visible = visible.filter(pk=manager_id)
    columns = ("id", "number", "facebook_id", "time_zone")
    rows = list(visible.only(*columns).order_by("id"))
    if manager_id is not None and not rows:
        raise ManagerNotFoundError
    managers = Managers(rows)
    with connection.cursor() as cursor:
        cursor.execute(_CODES, [list(managers.ids)])
        managers.codes = dict(cursor.fetchall())
    return managers


def find_areas(managers: Managers, area: str | None) -> tuple[int, ...] | None:
    """Returns the areas of that code; "" is none. Raises AreaNotFoundError."""
    if area is None:
        return None
    if area == "":
        return (0,)
    values: dict[str, Any] = {
        "managers": list(managers.ids),
        "spelled": list(spellings_of(area)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_AREAS, values)
        found = tuple(area_id for (area_id,) in cursor.fetchall())
    if not found:
        raise AreaNotFoundError
    return found


def find_operator(managers: Managers, operator_id: int | None) -> int | None:
    """Raises OperatorNotFoundError; an operator who has left is found too."""
    if not operator_id:
        return operator_id
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "managers": list(managers.ids),
            "operator": operator_id,
        }
        cursor.execute(_OPERATOR, values)
        if cursor.fetchone() is None:
            raise OperatorNotFoundError
    return operator_id
