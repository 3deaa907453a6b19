"""Who an operator is and what he sees, and which area a caller means."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext as _

from areas.naming import normalize_area_text, spellings_of
from hci_center.errors import AreaNotFoundError, InvalidError, OperatorNotFoundError

LONGEST_CODE = 64
# Areas of a manager that calls have made and nobody has looked at. A caller that makes
# a code of every customer's text would otherwise fill each list of areas.
MOST_UNREVIEWED = 200

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

# Until the transaction's end: of those who make areas of a manager at the same moment,
# each counts what the one before it made.
_ONE_AT_A_TIME = (
    "SELECT pg_advisory_xact_lock(hashtext('hci_center.new_area'), %s::int)"
)

# Whichever of two simultaneous callers comes second finds the first one's row.
_MAKE_AREA = """
INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)
SELECT %(manager)s, %(code)s, %(code)s, true, now()
 WHERE (SELECT count(*) FROM areas_area
         WHERE manager_id = %(manager)s AND needs_review) < %(most)s
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class OperatorScope:
    """An active operator, with the contacts that exist for him."""

    operator_id: int
    name: str
    areas: frozenset[int]

    def can_see(self, area_id: int | None, operator_id: int | None) -> bool:
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


def find_operator(manager_id: int, operator_id: int) -> OperatorScope:
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
    return OperatorScope(found_id, name, frozenset(areas))


def find_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """The manager's area of that code or, when no code fits, of that exact name.

    Spellings of one text (see `areas.naming`) count as the same. Raises
    AreaNotFoundError; InvalidError, naming the `field`, for a text that is too long for
    a code and no area's name.
    """
    area = _look_up(manager_id, given)
    if area is None:
        _refuse_long(normalize_area_text(given), field)
        raise AreaNotFoundError
    return area


def ensure_area(manager_id: int, given: str, *, field: str = "area") -> FoundArea:
    """The area meant, made and flagged for the supervisor when the manager lacks it.

    Any number of simultaneous callers get the same one. Raises InvalidError, naming
    the `field`, for a text that is too long for a code and no area's name, and when
    MOST_UNREVIEWED wait for the supervisor; AreaNotFoundError for mere blanks.
    """
    area = _look_up(manager_id, given)
    if area is None:
        code = normalize_area_text(given)
        if not code:
            raise AreaNotFoundError
        _refuse_long(code, field)
        _make_area(manager_id, code)
        area = _look_up(manager_id, code)
    if area is None:
        sentence = _(
            "There is no such area, and none is made: %d wait for a supervisor's "
            "review already."
        )
        raise InvalidError(fields={field: [sentence % MOST_UNREVIEWED]})
    return area


def _make_area(manager_id: int, code: str) -> None:
    """Adds it unless it is there, or too many wait for review."""
    values: dict[str, int | str] = {
        "manager": manager_id,
        "code": code,
        "most": MOST_UNREVIEWED,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [manager_id])
        cursor.execute(_MAKE_AREA, values)


def _look_up(manager_id: int, given: str) -> FoundArea | None:
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
