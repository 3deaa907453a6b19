"""What the lists of contacts name, found with them in one round trip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from areas.naming import spellings_of
from areas.operators import find_area
from contacts.manager_ref import ManagerRef, manager_match
from contacts.queries import REACHED, Shape, named_and_contacts
from hci_center.callers import Caller
from hci_center.errors import OperatorNotFoundError

# A code wins over a name, as in `areas.operators`.
_PLACE = f"""
SELECT m.id,
       (SELECT a.id FROM areas_area a
         WHERE a.manager_id = m.id AND (a.code = %(area)s OR a.name = %(area)s)
         ORDER BY a.code = %(area)s DESC LIMIT 1) AS area,
       (SELECT o.id FROM areas_operator o
         WHERE o.manager_id = m.id AND o.id = %(operator)s AND o.is_active) AS operator
  FROM managers_manager m
 WHERE {REACHED} AND """  # noqa: S608 - of a condition


@dataclass(frozen=True, slots=True)
class ListScope:
    """A manager with an area and an operator, asked for in the call's own order."""

    manager_id: int
    given_area: str
    area_or_none: int | None
    operator_or_none: int | None

    def area(self) -> int:
        """Raises what `areas.operators.find_area` raises."""
        if self.area_or_none is None:
            return find_area(self.manager_id, self.given_area).id
        return self.area_or_none

    def operator(self) -> int:
        """Raises OperatorNotFoundError, also for nobody."""
        if self.operator_or_none is None:
            raise OperatorNotFoundError
        return self.operator_or_none


def find_list_scope(
    caller: Caller, names: ManagerRef, which: str, area: str, operator_id: int = 0
) -> tuple[ListScope, list[Shape]]:
    """The manager that bears the names, with one of its areas and an operator.

    And which of its contacts go with them: a condition of `contacts.queries`. Raises
    ManagerNotFoundError; what else is missing is refused when asked for.
    """
    statement = _PLACE + manager_match(names)
    values: dict[str, Any] = {**names, "operator": operator_id}
    # One, but for a text that is not in the form that areas are stored in.
    for spelling in spellings_of(area):
        place, contacts = named_and_contacts(
            caller, statement, which, values | {"area": spelling}
        )
        if place["area"] is not None:
            break
    return ListScope(place["id"], area, place["area"], place["operator"]), contacts
