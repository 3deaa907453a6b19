"""Finds operators with their areas, and the area that a caller refers to."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from areas.naming import normalize_area_text, spellings_of
from hci_center.audit.database import name_actor
from hci_center.errors import AreaNotFoundError, InvalidError, OperatorNotFoundError
from hci_center.visibility import operator_predicate

LONGEST_CODE = 64
# The most areas per manager that calls created and nobody reviewed. A caller that
# sends a customer's text as code would otherwise fill the lists of areas.
MOST_UNREVIEWED = 200

# One query: an active operator of the manager with the ids of his areas.
_FIND_OPERATOR = """
SELECT o.id, o.name,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o
 WHERE o.id = %s AND o.manager_id = %s AND o.is_active
"""

# A code takes precedence over a name, and the successor over what was put away.
_FIND_AREA = """
SELECT s.id, s.code, s.name
  FROM areas_area a JOIN areas_area s ON s.id = coalesce(a.successor_id, a.id)
 WHERE a.manager_id = %s AND (a.code = %s OR a.name = %s)
 ORDER BY a.code = %s DESC
 LIMIT 1
"""

# A lock until the end of the transaction: of simultaneous calls that create areas of a
# manager, each counts the areas of the one before.
_ONE_AT_A_TIME = (
    "SELECT pg_advisory_xact_lock(hashtext('hci_center.new_area'), %s::int)"
)

# The second of two simultaneous calls finds the row of the first.
_MAKE_AREA = """
INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)
SELECT %(manager)s, %(code)s, %(code)s, true, now()
 WHERE (SELECT count(*) FROM areas_area
         WHERE manager_id = %(manager)s AND needs_review) < %(most)s
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class OperatorScope:
    """An active operator and the areas that he serves."""

    operator_id: int
    name: str
    areas: frozenset[int]

    def can_see(self, area_id: int | None, operator_id: int | None) -> bool:
        """Returns whether a contact of that area and operator is visible to him."""
        return operator_predicate(self.operator_id, self.areas)(area_id, operator_id)

    def serves(self, area_id: int | None) -> bool:
        """Returns whether it is one of his areas."""
        return area_id in self.areas


@dataclass(frozen=True, slots=True)
class FoundArea:
    """An area's row id, with its code and name."""

    id: int
    code: str
    name: str


def find_operator(manager_id: int, operator_id: int) -> OperatorScope:
    """Returns the active operator of that manager, in one query.

    Takes the result of `parse_operator_id`. Raises OperatorNotFoundError, also for
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
    return OperatorScope(found_id, name, frozenset(areas))


def find_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """Returns the manager's area with that code or, if no code matches, that name.

    Different spellings (see `areas.naming`) are equal. Raises AreaNotFoundError;
    InvalidError for `field` if the text is too long for a code and is no area's name.
    """
    area = _load_area(manager_id, given)
    if area is None:
        _refuse_long(normalize_area_text(given), field)
        raise AreaNotFoundError
    return area


def ensure_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """Returns the area; creates it, flagged for review, if the manager has none.

    Simultaneous calls get the same one. Raises InvalidError for `field` if the text is
    too long for a code and is no area's name, or if MOST_UNREVIEWED areas wait for
    review; AreaNotFoundError if the text is blank.
    """
    area = _load_area(manager_id, given)
    if area is None:
        code = normalize_area_text(given)
        if not code:
            raise AreaNotFoundError
        _refuse_long(code, field)
        _make_area(manager_id, code)
        area = _load_area(manager_id, code)
    if area is None:
        sentence = _(
            "There is no such area, and it cannot be created: %d areas already wait "
            "for a supervisor's review."
        )
        raise InvalidError(fields={field: [sentence % MOST_UNREVIEWED]})
    return area


def _make_area(manager_id: int, code: str) -> None:
    """Inserts the area unless it exists or too many wait for review."""
    values: dict[str, int | str] = {
        "manager": manager_id,
        "code": code,
        "most": MOST_UNREVIEWED,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [manager_id])
        name_actor()
        cursor.execute(_MAKE_AREA, values)


def _load_area(manager_id: int, given: str) -> FoundArea | None:
    with connection.cursor() as cursor:
        for text in spellings_of(given):
            cursor.execute(_FIND_AREA, [manager_id, text, text, text])
            row = cursor.fetchone()
            if row is not None:
                return FoundArea(*row)
    return None


def _refuse_long(given: str, field: str) -> None:
    if len(given) > LONGEST_CODE:
        sentence = _("This is longer than %d characters.") % LONGEST_CODE
        raise InvalidError(fields={field: [sentence]})
