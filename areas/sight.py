"""Who an operator is and what he sees, and which area a caller means."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from hci_center.errors import AreaNotFoundError, InvalidError, OperatorNotFoundError

LONGEST_CODE = 64

# One round trip: an active operator of the manager with the ids of his areas.
_FIND_OPERATOR = """
SELECT o.id, o.name,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o
 WHERE o.id = %s AND o.manager_id = %s AND o.is_active
"""

# A code wins over a name.
_FIND_AREA = """
SELECT id, code, name FROM areas_area
 WHERE manager_id = %s AND (code = %s OR name = %s)
 ORDER BY code = %s DESC
 LIMIT 1
"""

# Whichever of two simultaneous callers comes second finds the first one's row.
_MAKE_AREA = """
INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)
VALUES (%s, %s, %s, true, now())
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """An active operator, with the contacts that exist for him."""

    operator_id: int
    name: str
    areas: frozenset[int]

    def sees(self, area_id: int | None, operator_id: int | None) -> bool:
        """Whether a contact of his manager in that area, of that operator, is his.

        He sees his areas, what is assigned to him, and what is unassigned without
        an area.
        """
        return (
            area_id in self.areas
            or operator_id == self.operator_id
            or (area_id is None and operator_id is None)
        )

    def serves(self, area_id: int | None) -> bool:
        """Whether it is one of his areas."""
        return area_id in self.areas


@dataclass(frozen=True, slots=True)
class FoundArea:
    """An area as rules need it: the row's id, and the code that the world knows."""

    id: int
    code: str
    name: str


def find_operator(manager_id: int, operator_id: int) -> Sight:
    """The active operator of that manager, in one query.

    Takes what `parse_operator_id` answers. Raises OperatorNotFoundError, also for
    nobody (0), who cannot act.
    """
    if operator_id <= 0:
        raise OperatorNotFoundError
    with connection.cursor() as cursor:
        cursor.execute(_FIND_OPERATOR, [operator_id, manager_id])
        row = cursor.fetchone()
    if row is None:
        raise OperatorNotFoundError
    found_id, name, areas = row
    return Sight(found_id, name, frozenset(areas))


def find_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """The manager's area of that code or, when no code fits, of that exact name.

    Raises AreaNotFoundError; InvalidError, naming the `field`, for a text that is
    too long for a code and no area's name.
    """
    area = _look_up(manager_id, given)
    if area is None:
        _refuse_long(given, field)
        raise AreaNotFoundError
    return area


def ensure_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """The area meant, made and flagged for the supervisor when the manager lacks it.

    Any number of simultaneous callers get the same one. Raises InvalidError, naming
    the `field`, for a text that is too long for a code and no area's name.
    """
    area = _look_up(manager_id, given)
    if area is None:
        _refuse_long(given, field)
        with connection.cursor() as cursor:
            cursor.execute(_MAKE_AREA, [manager_id, given, given])
        area = _look_up(manager_id, given)
    if area is None:
        raise AreaNotFoundError
    return area


def _look_up(manager_id: int, given: str) -> FoundArea | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_AREA, [manager_id, given, given, given])
        row = cursor.fetchone()
    return None if row is None else FoundArea(*row)


def _refuse_long(given: str, field: str) -> None:
    if len(given) > LONGEST_CODE:
        sentence = _("This is longer than %d characters.") % LONGEST_CODE
        raise InvalidError(fields={field: [sentence]})
