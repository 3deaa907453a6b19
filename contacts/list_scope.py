"""Resolves the manager, area and operator of a contact list in one query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from areas.naming import spellings_of
from areas.operators import find_area
from contacts.manager_ref import ManagerRef, manager_match
from contacts.queries import REACHED, Shape, named_and_contacts
from hci_center.callers import Caller
from hci_center.errors import OperatorNotFoundError

# A code takes precedence over a name, and a successor over what was put away, as in
# `areas.operators`.
_SCOPE = f"""
SELECT m.id,
       (SELECT coalesce(a.successor_id, a.id) FROM areas_area a
         WHERE a.manager_id = m.id AND (a.code = %(area)s OR a.name = %(area)s)
         ORDER BY a.code = %(area)s DESC LIMIT 1) AS area,
       (SELECT o.id FROM areas_operator o
         WHERE o.manager_id = m.id AND o.id = %(operator)s AND o.is_active) AS operator
  FROM managers_manager m
 WHERE {REACHED} AND """  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class ListScope:
    """A manager with an area and an operator, which may be missing.

    The methods raise for missing ones, in the order in which an operation calls them.
    """

    manager_id: int
    given_area: str
    area_or_none: int | None
    operator_or_none: int | None

    def area(self) -> int:
        """Returns the area's id; raises what `areas.operators.find_area` raises."""
        if self.area_or_none is None:
            return find_area(self.manager_id, self.given_area).id
        return self.area_or_none

    def operator(self) -> int:
        """Returns the operator's id; raises OperatorNotFoundError, also for nobody."""
        if self.operator_or_none is None:
            raise OperatorNotFoundError
        return self.operator_or_none


def find_list_scope(
    caller: Caller, names: ManagerRef, which: str, area: str, operator_id: int = 0
) -> tuple[ListScope, list[Shape]]:
    """Returns the manager with one of its areas and an operator, and contacts.

    `which` selects the contacts: a condition of `contacts.queries`. Raises
    ManagerNotFoundError; a missing area or operator raises when it is accessed.
    """
    statement = _SCOPE + manager_match(names)
    values: dict[str, Any] = {**names, "operator": operator_id}
    # One iteration, unless the text is not in the form that areas are stored in.
    for spelling in spellings_of(area):
        scope, contacts = named_and_contacts(
            caller, statement, which, values | {"area": spelling}
        )
        if scope["area"] is not None:
            break
    return ListScope(scope["id"], area, scope["area"], scope["operator"]), contacts
