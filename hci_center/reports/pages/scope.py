"""The managers, areas and operators that a user may choose on report pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from areas.models import Area, Operator
from hci_center.callers import Caller
from hci_center.reports.scope import current_dates
from managers.models import Manager

ROLES = ("administrator", "supervisor", "auditor")
# The roles that may see the names of customers in rows.
READS_NAMES = ("administrator", "supervisor")


def may_read_reports(caller: Caller) -> bool:
    """Whether the caller may read report pages of at least one manager."""
    return caller.role in ROLES and caller.managers != frozenset()


@dataclass(slots=True)
class Scope:
    """The managers that a user may see, and the one that was chosen."""

    managers: dict[int, Manager]
    chosen: int | None = None
    # The filter options of the only manager.
    areas: dict[int, str] = field(default_factory=dict)
    operators: dict[int, str] = field(default_factory=dict)

    @property
    def only(self) -> int | None:
        """The chosen manager, or the only one there is."""
        if self.chosen is None and len(self.managers) == 1:
            return next(iter(self.managers))
        return self.chosen

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(self.managers) if self.only is None else (self.only,)

    @property
    def covered(self) -> list[Manager]:
        return [self.managers[manager_id] for manager_id in self.ids]

    @property
    def zone(self) -> str | None:
        """The time zone of all covered managers, None if they differ."""
        zones = {manager.time_zone for manager in self.covered}
        return zones.pop() if len(zones) == 1 else None

    def todays(self, now: datetime) -> dict[int, date]:
        """The current date of each that is covered, in its own time zone."""
        return current_dates(self.covered, now)

    def load_choices(self) -> None:
        """Loads the areas and operators of the only manager, in two queries."""
        if self.only is None:
            return
        areas = Area.objects.filter(manager=self.only).order_by("name")
        self.areas = dict(areas.values_list("pk", "name"))
        people = Operator.objects.filter(manager=self.only).order_by("name")
        self.operators = {
            pk: name if is_active else _("%s (inactive)") % name
            for pk, name, is_active in people.values_list("pk", "name", "is_active")
        }

    def area_names(self, ids: Iterable[int]) -> dict[int, str]:
        """Returns the names of areas, with their managers' if there are several."""
        if self.only is not None:
            return self.areas
        rows = Area.objects.filter(pk__in=ids, manager__in=self.ids)
        return self._with_managers(rows.values_list("pk", "name", "manager_id"))

    def operator_names(self, ids: Iterable[int]) -> dict[int, str]:
        """Returns the names of operators in the same way."""
        if self.only is not None:
            return self.operators
        rows = Operator.objects.filter(pk__in=ids, manager__in=self.ids)
        return self._with_managers(rows.values_list("pk", "name", "manager_id"))

    def _with_managers(self, rows: Iterable[tuple[int, str, int]]) -> dict[int, str]:
        return {
            pk: f"{name} · {self.managers[manager_id].name}"
            for pk, name, manager_id in rows
        }


def scope_of(caller: Caller) -> Scope:
    """Returns the managers that the caller may see, by their names."""
    rows = Manager.objects.visible_to(caller).only("id", "name", "time_zone")
    return Scope({row.pk: row for row in rows.order_by("name", "id")})
